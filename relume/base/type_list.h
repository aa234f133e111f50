// Public. A list of types, as a family of things is written down.
#pragma once

#include <cstddef>

namespace relume {

template <class... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);
};

}  // namespace relume
