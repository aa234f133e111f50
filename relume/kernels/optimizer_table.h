// Private. What kernels/optimizer.simd.cpp offers for one element type and instruction set.
#pragma once

#include "relume/kernels/cpu.h"
#include "relume/kernels/optimizer.h"

namespace relume::kernels {

template <class T>
struct OptimizerLoops {
  void (*sgd)(const SgdStep&, double, const T*, T*, T*, std::int64_t);
  void (*adam)(const AdamStep&, double, const T*, T*, T*, T*, std::int64_t);
  void (*rmsprop)(const RmspropStep&, double, const T*, T*, T*, T*, std::int64_t);
  void (*adagrad)(const AdagradStep&, double, const T*, T*, T*, std::int64_t);
  double (*sum_of_squares)(const T*, std::int64_t);
};

struct OptimizerTable {
  OptimizerLoops<float> float32;
  OptimizerLoops<double> float64;
};

RELUME_DECLARE_TABLE(OptimizerTable, optimizer_table);

}  // namespace relume::kernels
