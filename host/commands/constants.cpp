#include "host/commands/constants.hpp"

#include <charconv>

#include "host/error.hpp"

namespace plimsoll {

Market::Constants parsed_constants(std::vector<std::string> const& texts) {
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
    constants.name.push_back(text.substr(0, equals));
    constants.price.push_back(price);
  }
  return constants;
}

}  // namespace plimsoll
