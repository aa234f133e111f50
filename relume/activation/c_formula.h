// Private. The formulas of the family as C.
#pragma once

#include <string>

#include "relume/activation/activation.h"

namespace relume::activation {

/// The body of a C function of float x that gives f(x), of a parametric one of x and float slope: statements, and a
/// return. Of what joins the values of a row that of a function of const float *x, float *y, int n, which may be the
/// same array. It is made by the activation's own formula. Throws InputError for a user's own activation, and for gated
/// and concatenated ones, which have their inner one's.
std::string c_formula(const Activation& f);

}  // namespace relume::activation
