#include "host/commands/constants.hpp"

#include <algorithm>
#include <charconv>

#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

Market::Constants parsed_constants(std::vector<std::string> const& texts,
                                   std::string_view reporting_currency) {
  Market::Constants constants;
  for (std::string const& text : texts) {
    std::size_t const equals = text.find('=');
    double price = 0.0;
    char const* const end = text.data() + text.size();
    bool const written = equals != std::string::npos && equals > 0 &&
                         std::from_chars(text.data() + equals + 1, end, price).ptr == end;
    if (!written || !(price > 0.0) || price > 1e12)
      throw InputError("--constant " + text, "is not NAME=PRICE with a positive price",
                       "an asset declared constant needs one",
                       "write for example --constant USDT=1");
    std::string const name = text.substr(0, equals);
    check_name("--constant " + text, name);
    if (std::find(constants.name.begin(), constants.name.end(), name) != constants.name.end())
      throw InputError("--constant " + text, name + " is given twice", "an asset has one price",
                       "give it once");
    if (name == reporting_currency && price != 1.0)
      throw InputError("--constant " + text, name + " is the reporting currency",
                       "it is the unit of prices and costs 1", "leave it out");
    constants.name.push_back(name);
    constants.price.push_back(price);
  }
  return constants;
}

}  // namespace plimsoll
