// Writes sample reports for the browser test: report_sample FOLDER. One page per case that looks
// different: a usual night, several rule packs, no breach, hostile names, one scenario.
#include <fstream>
#include <iostream>

#include "host/report.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

void write(std::string const& path, Result const& result) {
  std::ofstream file(path, std::ios::binary);
  file << report_html(result);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

Result hostile() {
  Result result = sample_result();
  std::string const name =
      "</script><script>document.title='owned'</script>\"'&<img src=x onerror=alert(1)>";
  for (auto* names : {&result.accounts.name, &result.pools.name, &result.classes,
                      &result.firm.asset, &result.packs})
    for (std::string& each : *names) each += name;
  result.provenance.inputs[0].path = name;
  result.reporting_currency = "U<b>SD";
  return result;
}

void write_all(std::string const& folder) {
  write(folder + "/usual.html", sample_result());
  ResultConfig packs;
  packs.packs = 3;
  write(folder + "/packs.html", sample_result(packs));
  ResultConfig calm;
  calm.severity = 0;
  write(folder + "/calm.html", sample_result(calm));
  write(folder + "/hostile.html", hostile());
  ResultConfig one;
  one.scenarios = 1;
  one.severity = 20;
  write(folder + "/one.html", sample_result(one));
  ResultConfig bare;
  bare.steps = 240;
  bare.tails = false;
  bare.classes = {"Client omnibus"};
  write(folder + "/bare.html", sample_result(bare));
}

}  // namespace
}  // namespace plimsoll

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: report_sample FOLDER\n";
    return 2;
  }
  plimsoll::write_all(argv[1]);
}
