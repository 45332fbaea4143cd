// One list of datasets per file schema, walked by a writer or by a reader: a store spells its
// datasets once, as a template over these two classes. Datasets are content and enter the digest;
// attributes of the root say what the file is and where it comes from.
// Axes have names: the first column along one unknown axis sets its length, every later one must
// agree.
// Trusts: nothing in a file that is read. A writer whose arrays disagree is our own mistake
//   (std::logic_error).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/hdf5.hpp"
#include "host/output_file.hpp"
#include "host/provenance.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

struct Schema {
  std::string_view name;     // "plimsoll.book"
  std::uint64_t version;     // changes with every change of the datasets
  std::string_view made_by;  // commands that write it, for hints
};

using Axes = std::initializer_list<std::string_view>;

// Lengths of the axes met so far.
class AxisLengths {
 public:
  void set(std::string_view axis, std::uint64_t length, std::string_view set_by);
  bool knows(std::string_view axis) const;
  std::string_view setter(std::string_view axis) const;
  Shape shape(Axes axes) const;

 private:
  struct Length {
    std::uint64_t length;
    std::string set_by;
  };
  std::map<std::string, Length, std::less<>> lengths_;
};

// Where rows of a joined axis lie: `count` of them in the file `path`, which the joined file calls
// `file` (hdf5.hpp, JoinedPart).
struct AxisPart {
  std::string path, file;
  std::uint64_t count = 0;
};

// As attributes of the root.
void write_provenance(Hdf5Writer& file, Provenance const& provenance);

class SchemaWriter {
 public:
  SchemaWriter(std::string const& path, Schema const& schema, Overwrite overwrite);

  void axis(std::string_view name, std::uint64_t length);
  // From here on columns along `axis` are not written: they are joined of those of the same name in
  // `parts`, one after another.
  void joined(std::string_view axis, std::vector<AxisPart> parts);
  template <class T>
  void column(std::string const& name, std::string_view unit, Axes axes,
              std::vector<T> const& values) {
    if (!join(element_type<T>(), name, unit, axes))
      file_.write<T>(name, column_info(element_type<T>(), name, unit, axes, values.size()), values);
  }
  template <class T>
  void value(std::string const& name, std::string_view unit, T const& value) {
    file_.write<T>(name, {element_type<T>(), {}, std::string(unit), ""}, {&value, 1});
  }
  // Labels that the reader knows beforehand.
  template <class T>
  void labels(std::string const& name, std::string_view unit, Axes axes,
              std::vector<T> const& values) {
    column(name, unit, axes, values);
  }
  // An enumeration of `count` members on std::uint8_t.
  template <class Code>
  void codes(std::string const& name, std::string_view unit, Axes axes,
             std::vector<Code> const& values, std::size_t /*count*/) {
    std::vector<std::uint8_t> bytes;
    for (Code const code : values) bytes.push_back(static_cast<std::uint8_t>(code));
    column(name, unit, axes, bytes);
  }
  // 128-bit sums of ticks: NAME_high, NAME_low, and NAME in the reporting currency for display.
  void sums(std::string const& name, Axes axes, std::vector<TickSum> const& values);

  void attribute(std::string const& name, std::string const& value);
  void attribute(std::string const& name, std::uint64_t value);
  void attribute(std::string const& name, double value);
  void provenance(Provenance const& provenance) { write_provenance(file_, provenance); }

  void finish();  // the file gets its name

 private:
  DatasetInfo column_info(ElementType type, std::string const& name, std::string_view unit,
                          Axes axes, std::size_t count);
  // Whether an axis of the column is joined, and so the column.
  bool join(ElementType type, std::string const& name, std::string_view unit, Axes axes);

  OutputFile output_;
  Hdf5Writer file_;
  AxisLengths lengths_;
  std::map<std::string, std::vector<AxisPart>, std::less<>> joined_;
};

class SchemaReader {
 public:
  SchemaReader(std::string const& path, Schema const& schema);

  void axis(std::string_view name, std::uint64_t length);
  // From here on only `count` rows from `first` on are read of columns along `axis`.
  void part(std::string_view axis, std::uint64_t first, std::uint64_t count);
  template <class T>
  void column(std::string const& name, std::string_view unit, Axes axes, std::vector<T>& values) {
    values = file_.read<T>(name, check_column(element_type<T>(), name, unit, axes));
  }
  template <class T>
  void value(std::string const& name, std::string_view unit, T& value) {
    check_column(element_type<T>(), name, unit, {});
    value = file_.read<T>(name).front();
  }
  template <class T>
  void labels(std::string const& name, std::string_view unit, Axes axes,
              std::vector<T> const& expected) {
    std::vector<T> found;
    column(name, unit, axes, found);
    if (found != expected) refuse_labels(name);
  }
  template <class Code>
  void codes(std::string const& name, std::string_view unit, Axes axes, std::vector<Code>& values,
             std::size_t count) {
    std::vector<std::uint8_t> bytes;
    column(name, unit, axes, bytes);
    check_codes(name, unit, bytes, count);
    values.clear();
    for (std::uint8_t const byte : bytes) values.push_back(static_cast<Code>(byte));
  }
  void sums(std::string const& name, Axes axes, std::vector<TickSum>& values);

  void attribute(std::string const& name, std::string& value);
  void attribute(std::string const& name, std::uint64_t& value);
  void attribute(std::string const& name, double& value);
  void provenance(Provenance& provenance);
  bool has_attribute(std::string const& name) const { return file_.has_attribute("/", name); }

  void finish() const;  // nothing is in the file that was not asked for

 private:
  void check_schema(Schema const& schema) const;
  // Which part of the column is to be read.
  Slab check_column(ElementType type, std::string const& name, std::string_view unit, Axes axes);
  [[noreturn]] void refuse_labels(std::string const& name) const;
  void check_info(std::string const& name, DatasetInfo const& found, DatasetInfo const& expected,
                  Axes axes) const;
  void check_codes(std::string const& name, std::string_view unit,
                   std::vector<std::uint8_t> const& codes, std::size_t count) const;
  void require_attribute(std::string const& name) const;

  Hdf5Reader file_;
  AxisLengths lengths_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>, std::less<>>
      parts_;                       // of axes: first row and how many
  std::vector<std::string> names_;  // of datasets asked for
};

}  // namespace plimsoll
