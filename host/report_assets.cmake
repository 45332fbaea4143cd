# What the report carries inside itself: Chart.js from Debian's libjs-chart.js, its own script and
# style.
include(EmbedFile)
find_file(PLIMSOLL_CHART_JS NAMES chart.min.js Chart.min.js
  PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist
  DOC "Chart.js 3, minified (Debian: libjs-chart.js)" NO_DEFAULT_PATH REQUIRED)
plimsoll_embed(plimsoll_host chart_js "${PLIMSOLL_CHART_JS}")
plimsoll_embed(plimsoll_host report_js "${CMAKE_CURRENT_LIST_DIR}/report_page.js")
plimsoll_embed(plimsoll_host report_css "${CMAKE_CURRENT_LIST_DIR}/report_page.css")
