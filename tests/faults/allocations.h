// Allocations that are counted, and of which one fails, or all from one on. With allocations.cpp a program has these in
// place of the C library's; operator new ends there, too.
#pragma once

namespace relume::faults {

enum class Failing : bool { once, from_then_on };

/// From now on counts. The allocation of that number, from 1, gives nothing; 0: all are given.
void count_allocations(long failing = 0, Failing how = Failing::once);
/// Ends that. How many were asked for.
long stop_counting_allocations();
/// Blocks that were asked for and not given back, counting or not. Not from where the count would be wrong: it is of
/// this program's threads all together.
long live_blocks();

}  // namespace relume::faults
