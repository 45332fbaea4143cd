# Turns a file into a C++ source, so that the program carries it: plimsoll_embed(TARGET NAME FILE)
# adds plimsoll::embedded_NAME (host/report_assets.hpp) to TARGET. The SHA-256 of the bytes goes with
# them, for the Content-Security-Policy of the page that uses them.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${EMBED_FILE}" hex HEX)
  file(SHA256 "${EMBED_FILE}" sha256)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
    "\\1\n" bytes "${bytes}")
  file(WRITE "${EMBED_OUTPUT}" "#include \"host/report_assets.hpp\"

namespace plimsoll {
namespace {

constexpr unsigned char bytes[] = {
${bytes}};

}  // namespace

extern EmbeddedFile const embedded_${EMBED_NAME};
EmbeddedFile const embedded_${EMBED_NAME} = {
    {reinterpret_cast<char const*>(bytes), sizeof bytes},
    \"${sha256}\"};

}  // namespace plimsoll
")
  return()
endif()

set(PLIMSOLL_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(plimsoll_embed target name file)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} -DEMBED_FILE=${file} -DEMBED_NAME=${name} -DEMBED_OUTPUT=${output}
      -P "${PLIMSOLL_EMBED_SCRIPT}"
    DEPENDS "${file}" "${PLIMSOLL_EMBED_SCRIPT}"
    COMMENT "Embedding ${name}" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
