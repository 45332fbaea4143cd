// Results as files of schema plimsoll.result (docs/formats.md).
#pragma once

#include <string>

#include "host/output_file.hpp"
#include "host/result.hpp"
#include "host/schema.hpp"

namespace plimsoll {

inline constexpr Schema result_schema = {"plimsoll.result", 3, "plimsoll run (results.h5)"};

// The result must pass check_result (else std::logic_error: it would be our own mistake).
void write_result(Result const& result, std::string const& path,
                  Overwrite overwrite = Overwrite::no);

// A result that passed check_result; InputError for everything wrong with the file.
Result read_result(std::string const& path);

}  // namespace plimsoll
