// Draws the charts of the report from the JSON beside each canvas. Sets data-drawn on a canvas when
// it is drawn and data-charts on the page: "drawn", or "failed: why", and then tables stand alone.
(function () {
  'use strict';
  const page = document.documentElement;
  const navy = '#17375e', ink = '#1b2126', soft = '#56616b', hair = '#e3e7ea';
  const band = 'rgba(23, 55, 94, 0.13)';
  const lines = [['#b4531f', [6, 3]], ['#2f7d6b', [2, 3]], ['#7b4b94', [9, 3, 2, 3]],
                 ['#8a7a1f', [12, 4]], ['#3f7fb5', [4, 2]], ['#6b6b6b', [1, 2]]];

  function short(value) {
    const size = Math.abs(value);
    for (const [unit, sign] of [[1e12, 'tn'], [1e9, 'bn'], [1e6, 'm'], [1e3, 'k']])
      if (size >= unit) return Number((value / unit).toPrecision(3)) + ' ' + sign;
    return String(Number(value.toPrecision(3)));
  }
  function full(value) {
    return value.toLocaleString('en-US', {maximumFractionDigits: 4});
  }
  function leads(value, heads) {  // whether the first digit of a power-of-ten scale's tick is wanted
    const head = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
    return heads.some((h) => Math.abs(head - h) < 1e-6);
  }
  function cut(name) {  // in full in the table
    const points = Array.from(name);
    return points.length > 24 ? points.slice(0, 23).join('') + '\u2026' : name;
  }
  function axis(title, more) {
    return Object.assign({
      title: {display: true, text: title, color: soft},
      grid: {color: hair, borderColor: soft}, ticks: {color: ink}
    }, more);
  }
  function log_axis(title, heads, text, more) {
    return axis(title, Object.assign({
      type: 'logarithmic',
      ticks: {color: ink, autoSkip: false, maxRotation: 0,
              callback: (value) => leads(value, heads) ? text(value) : null}
    }, more));
  }
  function heads_for(values) {  // few decades: more labels within each
    const seen = values.filter((v) => v > 0);
    return Math.max(...seen) / Math.min(...seen) > 3000 ? [1] : [1, 2, 5];
  }
  const points = (xs, ys, positive) => xs.map((x, i) => ({x: x, y: ys[i]}))
      .filter((p) => p.y !== null && (!positive || p.y > 0));
  const line = (label, data, color, more) => Object.assign({
    label: label, data: data, borderColor: color, backgroundColor: color, borderWidth: 2,
    pointRadius: 2.5, tension: 0}, more);
  const edge = (label, data, more) => Object.assign({
    label: label, data: data, borderColor: 'transparent', backgroundColor: band, pointRadius: 0,
    borderWidth: 0, interval: true}, more);
  const legend = {
    position: 'bottom', onClick: () => {},
    labels: {
      color: ink, usePointStyle: true, pointStyleWidth: 36, padding: 14,
      generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
          .filter((item) => chart.data.datasets[item.datasetIndex].interval !== 'low')
          .map((item) => chart.data.datasets[item.datasetIndex].interval
              ? Object.assign(item, {pointStyle: 'rect', strokeStyle: band, fillStyle: band})
              : Object.assign(item, {pointStyle: 'line', lineWidth: 2,
                                     lineDash: chart.data.datasets[item.datasetIndex].borderDash}))
    }
  };
  // The interval as a closed band; points without an end are left out of it.
  function interval(xs, low, high, positive) {
    const floor = positive ? Math.min(...high.concat(low).filter((v) => v > 0)) : 0;
    const both = xs.map((x, i) => i).filter((i) => low[i] !== null && high[i] !== null &&
                                            (!positive || high[i] > 0));
    return [
      edge('low', both.map((i) => ({x: xs[i], y: positive ? Math.max(low[i], floor) : low[i]})),
           {interval: 'low', fill: false}),
      edge('95 % interval', both.map((i) => ({x: xs[i], y: high[i]})),
           {fill: '-1', pointStyle: 'rect', borderColor: 'transparent'})
    ];
  }

  const charts = {
    exceedance: function (data) {
      const all = data.total.values.concat(...data.classes.map((c) => c.values));
      const sets = data.classes.map((c, i) => line(
          cut(c.name), points(data.oneIn, c.values, true), lines[i % lines.length][0],
          {borderDash: lines[i % lines.length][1], borderWidth: 1.75, pointRadius: 0}));
      const total = line(data.classes.length ? data.total.name : 'Total shortfall',
                         points(data.oneIn, data.total.values, true), navy, {});
      return {
        type: 'line',
        data: {datasets: [total].concat(sets, interval(data.oneIn, data.low.values,
                                                       data.high.values, true))},
        options: {
          scales: {
            x: log_axis('Reached in 1 of so many scenarios', heads_for(data.oneIn), full,
                        {min: data.oneIn[0]}),
            y: log_axis('Total shortfall, ' + data.currency, heads_for(all), short)
          }
        }
      };
    },
    bars: function (data) {
      const value = {beginAtZero: true, ticks: {color: ink, precision: 0, callback: short,
                                               maxTicksLimit: 7}};
      const label = {grid: {display: false, borderColor: soft},
                     title: {display: !data.lying, text: data.across, color: soft},
                     ticks: {color: ink, maxRotation: 0, autoSkip: !data.lying}};
      const [across, up] = [axis(data.across, label), axis(data.up, value)];
      return {
        type: 'bar',
        data: {labels: data.labels.map(cut), datasets: [{label: data.up, data: data.values,
               backgroundColor: navy, maxBarThickness: 30, categoryPercentage: 0.82}]},
        options: {
          indexAxis: data.lying ? 'y' : 'x', plugins: {legend: {display: false}},
          scales: data.lying ? {x: up, y: across} : {x: across, y: up}
        }
      };
    },
    running: function (data) {
      return {
        type: 'line',
        data: {datasets: [line('Estimate', points(data.scenarios, data.value, false), navy, {})]
                   .concat(interval(data.scenarios, data.low, data.high, false))},
        options: {
          plugins: {title: {display: true, text: data.up, align: 'start', color: ink,
                            font: {size: 13, weight: 600}}},
          scales: {
            x: log_axis('Scenarios', heads_for(data.scenarios), short, {min: data.scenarios[0]}),
            y: axis('', {title: {display: false}, beginAtZero: true,
                         ticks: {color: ink, callback: short, maxTicksLimit: 7}})
          }
        }
      };
    }
  };

  function draw(canvas) {
    if (canvas.dataset.drawn) return;
    const data = JSON.parse(canvas.closest('figure').querySelector('script').textContent);
    const config = charts[canvas.dataset.kind](data);
    config.options.plugins = Object.assign({
      legend: legend,
      tooltip: {filter: (item) => !item.dataset.interval,
                callbacks: {label: (item) => item.dataset.label + ': ' +
                    full(config.options.indexAxis === 'y' ? item.parsed.x : item.parsed.y)}}
    }, config.options.plugins);
    new Chart(canvas, config);
    canvas.dataset.drawn = 'true';
  }
  // A folded rule pack has no width to draw in: its charts wait until it is unfolded.
  function draw_visible() {
    document.querySelectorAll('canvas[data-kind]').forEach((canvas) => {
      const fold = canvas.closest('details');
      if (!fold || fold.open) draw(canvas);
    });
  }
  function each_chart(act) {
    Object.values(Chart.instances).forEach(act);
  }
  // Paper has its own width, known before its layout is: a chart is drawn for the place that the
  // print style gives it, in CSS pixels of a 180 mm column.
  const paper = {exceedance: [680, 270], bars: [430, 230], running: [330, 220]};
  function to_paper(chart) {
    const [width, height] = paper[chart.canvas.dataset.kind];
    const lying = chart.options.indexAxis === 'y';
    chart.resize(width, lying ? 60 + 20 * chart.data.labels.length : height);
  }

  try {
    Object.assign(Chart.defaults, {animation: false, maintainAspectRatio: false,
                                   devicePixelRatio: Math.max(2, window.devicePixelRatio || 1)});
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    page.classList.add('drawn');
    draw_visible();
    page.dataset.charts = 'drawn';
  } catch (problem) {
    page.classList.remove('drawn');
    page.dataset.charts = 'failed: ' + problem.message;
    return;
  }
  document.querySelectorAll('details.pack').forEach(
      (fold) => fold.addEventListener('toggle', draw_visible));
  window.addEventListener('beforeprint', () => {
    document.querySelectorAll('details.pack').forEach((fold) => { fold.open = true; });
    draw_visible();
    each_chart(to_paper);
  });
  window.addEventListener('afterprint', () => each_chart((chart) => chart.resize()));
})();
