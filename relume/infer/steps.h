// Private. What a plan's steps do with rows.
#pragma once

#include "relume/infer/plan.h"

namespace relume::infer::steps {

/// Each as the layer of its name in frozen.h says.
void scale(const Step& step, const Rows& rows);
void elementwise(const Step& step, const Rows& rows);
void slopes(const Step& step, const Rows& rows);
void along_rows(const Step& step, const Rows& rows);
void gated(const Step& step, const Rows& rows);
void both_signs(const Step& step, const Rows& rows);
void normalise(const Step& step, const Rows& rows);
void copy(const Step& step, const Rows& rows);
/// y += x
void add(const Step& step, const Rows& rows);

}  // namespace relume::infer::steps
