// Private. The columns of a table by name, for those who ask for many of them.
#pragma once

#include <string_view>
#include <unordered_map>

#include "relume/data/table.h"

namespace relume::data {

/// Table::find() in a time that does not grow with the columns. Holds while the table stands as it is.
class ColumnIndex {
 public:
  explicit ColumnIndex(const Table& table) : table_(table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) places_.emplace(table.columns[i].name, i);
  }
  const Column* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &table_.columns[found->second];
  }

 private:
  const Table& table_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

}  // namespace relume::data
