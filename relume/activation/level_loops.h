// Private. The loops of the whole family for one instruction set.
#pragma once

#include <array>

#include "relume/activation/entry.h"
#include "relume/activation/family.h"

namespace relume::activation {

/// In the order of the Family.
using FamilyLoops = std::array<LevelLoops, Family::size>;

}  // namespace relume::activation
