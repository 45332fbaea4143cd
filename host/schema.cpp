#include "host/schema.hpp"

#include <algorithm>
#include <stdexcept>

#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view make_again =
    "make the file again with this version of plimsoll, or fetch it from its origin again";

std::string listed(Axes axes) {
  std::string text;
  for (std::string_view const axis : axes) text += (text.empty() ? "" : ", ") + std::string(axis);
  return text;
}

// The one axis that `axes` names and `lengths` does not know yet, empty without one.
std::string_view fresh_axis(AxisLengths const& lengths, Axes axes) {
  return axes.size() == 1 && !lengths.knows(*axes.begin()) ? *axes.begin() : std::string_view{};
}

}  // namespace

// ---- Axes

void AxisLengths::set(std::string_view axis, std::uint64_t length, std::string_view set_by) {
  lengths_.insert_or_assign(std::string(axis), Length{length, std::string(set_by)});
}

bool AxisLengths::knows(std::string_view axis) const {
  return lengths_.find(axis) != lengths_.end();
}

std::string_view AxisLengths::setter(std::string_view axis) const {
  return lengths_.find(axis)->second.set_by;
}

Shape AxisLengths::shape(Axes axes) const {
  Shape shape;
  for (std::string_view const axis : axes) {
    auto const found = lengths_.find(axis);
    if (found == lengths_.end())
      throw std::logic_error(fmt::format("no length is known of the axis {}", axis));
    shape.push_back(found->second.length);
  }
  return shape;
}

// ---- Writing

SchemaWriter::SchemaWriter(std::string const& path, Schema const& schema, Overwrite overwrite)
    : output_(path, overwrite), file_(output_.temporary(), path) {
  file_.attribute("/", "schema", schema.name);
  file_.attribute("/", "schema_version", schema.version);
}

void SchemaWriter::axis(std::string_view name, std::uint64_t length) {
  lengths_.set(name, length, name);
}

DatasetInfo SchemaWriter::column_info(ElementType type, std::string const& name,
                                      std::string_view unit, Axes axes, std::size_t count) {
  std::string_view const fresh = fresh_axis(lengths_, axes);
  if (!fresh.empty()) lengths_.set(fresh, count, name);
  return {type, lengths_.shape(axes), std::string(unit), listed(axes)};
}

void SchemaWriter::joined(std::string_view axis, std::vector<AxisPart> parts) {
  std::uint64_t length = 0;
  for (AxisPart const& part : parts) length += part.count;
  lengths_.set(axis, length, axis);
  joined_.insert_or_assign(std::string(axis), std::move(parts));
}

bool SchemaWriter::join(ElementType type, std::string const& name, std::string_view unit,
                        Axes axes) {
  std::size_t along = 0;
  for (std::string_view const axis : axes) {
    auto const found = joined_.find(axis);
    if (found == joined_.end()) {
      ++along;
      continue;
    }
    DatasetInfo const info = column_info(type, name, unit, axes, 0);
    std::vector<JoinedPart> parts;
    std::uint64_t at = 0;
    std::uint64_t text_bytes = 0;
    for (AxisPart const& part : found->second) {
      Slab box = whole(info.shape);
      box.first[along] = at;
      box.count[along] = part.count;
      at += part.count;
      parts.push_back({part.file, name, box});
      if (type == ElementType::text)
        text_bytes = std::max(text_bytes, Hdf5Reader(part.path).text_bytes(name));
    }
    file_.join(name, info, text_bytes, parts);
    return true;
  }
  return false;
}

void SchemaWriter::sums(std::string const& name, Axes axes, std::vector<TickSum> const& values) {
  std::vector<std::int64_t> high;
  std::vector<std::uint64_t> low;
  std::vector<double> shown;
  high.reserve(values.size());
  low.reserve(values.size());
  shown.reserve(values.size());
  for (TickSum const sum : values) {
    high.push_back(sum.high);
    low.push_back(sum.low);
    shown.push_back(currency(sum));
  }
  column(name + "_high", "2^64 tick", axes, high);
  column(name + "_low", "tick", axes, low);
  column(name, "ccy", axes, shown);
}

void SchemaWriter::attribute(std::string const& name, std::string const& value) {
  file_.attribute("/", name, std::string_view(value));
}

void SchemaWriter::attribute(std::string const& name, std::uint64_t value) {
  file_.attribute("/", name, value);
}

void SchemaWriter::attribute(std::string const& name, double value) {
  file_.attribute("/", name, value);
}

void write_provenance(Hdf5Writer& file, Provenance const& provenance) {
  auto const write = [&file](std::string const& name, std::string const& value) {
    file.attribute("/", name, std::string_view(value));
  };
  write("program_version", provenance.program_version);
  write("commit", provenance.commit);
  write("command", provenance.command);
  for (std::size_t i = 0; i < provenance.inputs.size(); ++i) {
    write(fmt::format("input_{}_role", i), provenance.inputs[i].role);
    write(fmt::format("input_{}_path", i), provenance.inputs[i].path);
    write(fmt::format("input_{}_sha256", i), provenance.inputs[i].sha256);
  }
}

void SchemaWriter::finish() {
  file_.close();
  output_.commit();
}

// ---- Reading

SchemaReader::SchemaReader(std::string const& path, Schema const& schema) : file_(path) {
  check_schema(schema);
}

void SchemaReader::check_schema(Schema const& schema) const {
  std::string const hint = fmt::format("give a file written by {}", schema.made_by);
  if (!file_.has_attribute("/", "schema") || !file_.has_attribute("/", "schema_version"))
    throw InputError(file_.path(), "says no schema", "files of plimsoll name theirs", hint);
  std::string const found = file_.text_attribute("/", "schema");
  if (found != schema.name)
    throw InputError(file_.path(), fmt::format("the schema is {}", found),
                     fmt::format("{} is expected", schema.name), hint);
  std::uint64_t const version = file_.whole_attribute("/", "schema_version");
  if (version != schema.version)
    throw InputError(file_.path(), fmt::format("version {} of {}", version, found),
                     fmt::format("this program reads version {}", schema.version), make_again);
}

void SchemaReader::axis(std::string_view name, std::uint64_t length) {
  lengths_.set(name, length, name);
}

void SchemaReader::check_info(std::string const& name, DatasetInfo const& found,
                              DatasetInfo const& expected, Axes axes) const {
  std::string const place = file_.place(name);
  if (found.type != expected.type)
    throw InputError(place, fmt::format("the type is {}", name_of(found.type)),
                     fmt::format("{} is expected", name_of(expected.type)), make_again);
  if (found.unit != expected.unit)
    throw InputError(place, fmt::format("the unit is \"{}\"", found.unit),
                     fmt::format("\"{}\" is expected", expected.unit), make_again);
  if (found.axes != expected.axes)
    throw InputError(place, fmt::format("the axes are \"{}\"", found.axes),
                     fmt::format("\"{}\" is expected", expected.axes), make_again);
  if (found.shape == expected.shape) return;
  std::string setters;
  for (std::string_view const axis : axes)
    setters +=
        fmt::format("{}{} as in {}", setters.empty() ? "" : ", ", axis, lengths_.setter(axis));
  throw InputError(place, fmt::format("the shape is {}", to_string(found.shape)),
                   fmt::format("{} is expected: {}", to_string(expected.shape), setters),
                   make_again);
}

void SchemaReader::part(std::string_view axis, std::uint64_t first, std::uint64_t count) {
  parts_.insert_or_assign(std::string(axis), std::pair(first, count));
}

Slab SchemaReader::check_column(ElementType type, std::string const& name, std::string_view unit,
                                Axes axes) {
  names_.push_back(name);
  DatasetInfo const found = file_.describe(name);
  std::string_view const fresh = fresh_axis(lengths_, axes);
  if (!fresh.empty()) lengths_.set(fresh, found.shape.size() == 1 ? found.shape[0] : 0, name);
  check_info(name, found, {type, lengths_.shape(axes), std::string(unit), listed(axes)}, axes);
  Slab wanted = whole(found.shape);
  std::size_t i = 0;
  for (std::string_view const axis : axes) {
    if (auto const part = parts_.find(axis); part != parts_.end()) {
      wanted.first[i] = part->second.first;
      wanted.count[i] = part->second.second;
    }
    ++i;
  }
  return wanted;
}

void SchemaReader::refuse_labels(std::string const& name) const {
  throw InputError(file_.place(name), "the labels are not those of this program",
                   "the values along this axis would be misread", make_again);
}

void SchemaReader::check_codes(std::string const& name, std::string_view unit,
                               std::vector<std::uint8_t> const& codes, std::size_t count) const {
  for (std::size_t row = 0; row < codes.size(); ++row)
    if (codes[row] >= count)
      throw InputError(element(file_.place(name), row), fmt::format("the code {}", codes[row]),
                       fmt::format("the codes are {}", unit), make_again);
}

void SchemaReader::sums(std::string const& name, Axes axes, std::vector<TickSum>& values) {
  std::vector<std::int64_t> high;
  std::vector<std::uint64_t> low;
  std::vector<double> shown;
  column(name + "_high", "2^64 tick", axes, high);
  column(name + "_low", "tick", axes, low);
  column(name, "ccy", axes, shown);
  values.resize(high.size());
  for (std::size_t i = 0; i < high.size(); ++i) {
    values[i] = {low[i], high[i]};
    if (shown[i] != currency(values[i]))
      throw InputError(element(file_.place(name), i), fmt::format("the value {}", shown[i]),
                       fmt::format("its ticks make {}", currency(values[i])), make_again);
  }
}

void SchemaReader::require_attribute(std::string const& name) const {
  if (!has_attribute(name))
    throw InputError(file_.place("/@" + name), "is missing", "it is part of the schema",
                     make_again);
}

void SchemaReader::attribute(std::string const& name, std::string& value) {
  require_attribute(name);
  value = file_.text_attribute("/", name);
}

void SchemaReader::attribute(std::string const& name, std::uint64_t& value) {
  require_attribute(name);
  value = file_.whole_attribute("/", name);
}

void SchemaReader::attribute(std::string const& name, double& value) {
  require_attribute(name);
  value = file_.real_attribute("/", name);
}

void SchemaReader::provenance(Provenance& provenance) {
  attribute("program_version", provenance.program_version);
  attribute("commit", provenance.commit);
  attribute("command", provenance.command);
  for (std::size_t i = 0; has_attribute(fmt::format("input_{}_role", i)); ++i) {
    InputFile& input = provenance.inputs.emplace_back();
    attribute(fmt::format("input_{}_role", i), input.role);
    attribute(fmt::format("input_{}_path", i), input.path);
    attribute(fmt::format("input_{}_sha256", i), input.sha256);
  }
}

void SchemaReader::finish() const {
  for (std::string const& name : file_.datasets())
    if (std::find(names_.begin(), names_.end(), name) == names_.end())
      throw InputError(file_.place(name), "is not part of the schema",
                       "nothing in a file is passed over silently", make_again);
}

}  // namespace plimsoll
