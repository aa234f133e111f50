// t[…] and t[…] = v by PyTorch's rules.
#include "python/core/index.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "relume/autograd/grad_mode.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/assign.h"
#include "relume/ops/index.h"
#include "relume/tensor/strided.h"

namespace relume::python {
namespace {

/// What an index comes to: a view, and int64 places for some of the view's dimensions (undefined: all of them).
struct Picked {
  Tensor view;
  std::vector<Tensor> places;  // for each dimension of the view

  bool by_places() const {
    return std::any_of(places.begin(), places.end(), [](const Tensor& t) { return t.defined(); });
  }
};

bool is_slice(nb::handle key) { return PySlice_Check(key.ptr()); }
bool is_ellipsis(nb::handle key) { return key.is(nb::handle(Py_Ellipsis)); }

/// An int of Python's or NumPy's.
bool is_whole_number(nb::handle key) {
  if (PyLong_Check(key.ptr())) return !PyBool_Check(key.ptr());
  return !nb::isinstance<Tensor>(key) && !is_array(key) && PyIndex_Check(key.ptr());
}

/// Places or a mask.
Tensor places_from(nb::handle key) {
  const bool known = nb::isinstance<Tensor>(key) || is_array(key) || nb::hasattr(key, "__dlpack__") ||
                     PyList_Check(key.ptr()) || PyTuple_Check(key.ptr()) || PyBool_Check(key.ptr()) ||
                     nb::hasattr(key, "__array__") || PyRange_Check(key.ptr());
  if (!known)
    throw nb::type_error((std::string("tensor: a ") + Py_TYPE(key.ptr())->tp_name +
                          " is no index; ints, slices, None, ..., masks and tensors of ints are")
                             .c_str());
  Tensor t = tensor_from(key);
  if (t.dtype() == DType::bool_) return t;
  if (t.elements() == 0 && !nb::isinstance<Tensor>(key) && !is_array(key)) return empty(t.shape(), DType::int64);
  require<IndexError>(!is_floating(t.dtype()), "tensor: an index of {}; places are int64, masks bool", name(t.dtype()));
  require<IndexError>(t.dtype() != DType::uint8,
                      "tensor: an index of uint8 may be a mask or places; say which with to(bool) or to(int64)");
  return t.to(DType::int64);
}

/// A key as it is used: places and masks are tensors already.
struct Key {
  nb::handle object;
  Tensor tensor;

  bool is_mask() const { return tensor.defined() && tensor.dtype() == DType::bool_; }
  int taken() const {
    if (tensor.defined()) return is_mask() ? tensor.dimensions() : 1;
    return object.is_none() || is_ellipsis(object) ? 0 : 1;
  }
};

std::vector<Key> keys_from(const nb::tuple& objects) {
  std::vector<Key> keys;
  for (const nb::handle object : objects) {
    const bool plain = object.is_none() || is_ellipsis(object) || is_slice(object) || is_whole_number(object);
    keys.push_back({object, plain ? Tensor() : places_from(object)});
  }
  return keys;
}

Tensor slice_of(const Tensor& t, int d, nb::handle key) {
  Py_ssize_t begin = 0, end = 0, step = 0;
  if (PySlice_Unpack(key.ptr(), &begin, &end, &step) < 0) nb::raise_python_error();
  if (step < 0) throw nb::value_error("tensor: a slice's step is positive; flip() turns a dimension around");
  PySlice_AdjustIndices(t.size(d), &begin, &end, step);
  return t.slice(d, begin, std::max(begin, end), step);
}

/// The places of a mask's true elements: one row for each of its dimensions.
std::vector<Tensor> true_places(const Tensor& mask) {
  const std::vector<bool> values = mask.to_vector<bool>();
  std::vector<std::int64_t> flat;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i]) flat.push_back(static_cast<std::int64_t>(i));
  std::vector<Tensor> places;
  const Shape steps = row_major_strides(mask.shape());
  for (int d = 0; d < mask.dimensions(); ++d) {
    std::vector<std::int64_t> along(flat.size());
    for (std::size_t i = 0; i < flat.size(); ++i) along[i] = flat[i] / steps[d] % mask.shape()[d];
    places.push_back(from_vector(along));
  }
  return places;
}

/// Takes a key of places or a mask at dimension d of the view; returns the dimension after it.
int take_places(Picked& picked, int d, const Key& key) {
  const auto put = [&](int at, const Tensor& places) {
    picked.places.resize(static_cast<std::size_t>(std::max<int>(at + 1, static_cast<int>(picked.places.size()))));
    picked.places[static_cast<std::size_t>(at)] = places;
  };
  if (!key.is_mask()) {
    picked.view.size(d);
    put(d, key.tensor);
    return d + 1;
  }
  if (key.tensor.dimensions() == 0) {  // True or False: a new dimension of one or none
    picked.view = picked.view.unsqueeze(d);
    put(d, zeros({key.tensor.item<bool>() ? 1 : 0}, DType::int64));
    return d + 1;
  }
  for (int i = 0; i < key.tensor.dimensions(); ++i)
    require<IndexError>(d + i < picked.view.dimensions() && picked.view.shape()[d + i] == key.tensor.shape()[i],
                        "tensor: a mask of {} does not fit {} from dimension {} on", key.tensor.shape(),
                        picked.view.shape(), d);
  for (const Tensor& places : true_places(key.tensor)) put(d++, places);
  return d;
}

Picked pick(const Tensor& t, nb::handle index) {
  const nb::tuple objects = nb::isinstance<nb::tuple>(index) ? nb::borrow<nb::tuple>(index) : nb::make_tuple(index);
  const std::vector<Key> keys = keys_from(objects);
  int taken = 0, ellipses = 0;
  for (const Key& key : keys) {
    taken += key.taken();
    ellipses += key.object.is_valid() && is_ellipsis(key.object);
  }
  require<IndexError>(taken <= t.dimensions(), "tensor: {} indices are too many for {}", taken, t.shape());
  require<IndexError>(ellipses <= 1, "tensor: an index has more than one ...");
  Picked picked{t, {}};
  int d = 0;
  for (const Key& key : keys) {
    if (is_ellipsis(key.object))
      d += t.dimensions() - taken;
    else if (key.tensor.defined() && (key.is_mask() || key.tensor.dimensions() > 0))
      d = take_places(picked, d, key);
    else if (key.tensor.defined())
      picked.view = picked.view.select(d, key.tensor.item<std::int64_t>());
    else if (key.object.is_none())
      picked.view = picked.view.unsqueeze(d++);
    else if (is_slice(key.object))
      picked.view = slice_of(picked.view, d, key.object), ++d;
    else
      picked.view = picked.view.select(d, whole_from(key.object, "tensor", "an index"));
  }
  picked.places.resize(static_cast<std::size_t>(picked.view.dimensions()));
  return picked;
}

/// The places as dimensions that come first, and how to bring them back to where PyTorch has them.
struct Layout {
  Tensor view;     // indexed dimensions first
  Shape together;  // the shape that the places broadcast to
  Shape rest;      // the sizes of the dimensions that are not indexed
  std::vector<Tensor> places;
  int indexed = 0;
  int at = 0;  // which dimension of the result the places' first one is
};

Layout layout_of(const Picked& picked) {
  Layout layout;
  Shape order, others;
  int first = -1, last = -1;
  for (int d = 0; d < picked.view.dimensions(); ++d) {
    const Tensor& places = picked.places[static_cast<std::size_t>(d)];
    if (!places.defined()) {
      others.push_back(d);
      layout.rest.push_back(picked.view.shape()[d]);
      continue;
    }
    if (first < 0) first = d;
    last = d;
    order.push_back(d);
    layout.together =
        layout.indexed++ ? broadcast(layout.together, places.shape(), "tensor: the indices") : places.shape();
    const std::int64_t size = picked.view.shape()[d];
    for (const std::int64_t i : places.to_vector<std::int64_t>())
      require<IndexError>(i >= -size && i < size, "tensor: index {} is out of range for dimension {} of size {}", i, d,
                          size);
    layout.places.push_back(places);
  }
  for (const std::int64_t d : others) order.push_back(d);
  layout.view = picked.view.permute(order);
  layout.at = last - first + 1 == layout.indexed ? first : 0;
  return layout;
}

/// For each of the places together, Σ place · step over the indexed dimensions.
std::vector<std::int64_t> combined(const Layout& layout, const Shape& steps) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(layout.together.elements()));
  for (int d = 0; d < layout.indexed; ++d) {
    const std::int64_t size = layout.view.shape()[d];
    const auto along = layout.places[static_cast<std::size_t>(d)].expand(layout.together).to_vector<std::int64_t>();
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += (along[i] < 0 ? along[i] + size : along[i]) * steps[d];
  }
  return sums;
}

Shape joined(const Shape& first, const Shape& second) {
  Shape shape = first;
  for (const std::int64_t size : second) shape.push_back(size);
  return shape;
}

/// [places…, rest…] with the places moved to dimension `at`, or back again.
Tensor moved(const Tensor& t, int places, int at, bool back) {
  if (at == 0) return t;
  Shape order;
  const int n = t.dimensions();
  if (!back) {
    for (int d = 0; d < at; ++d) order.push_back(places + d);
    for (int d = 0; d < places; ++d) order.push_back(d);
    for (int d = places + at; d < n; ++d) order.push_back(d);
  } else {
    for (int d = 0; d < places; ++d) order.push_back(at + d);
    for (int d = 0; d < at; ++d) order.push_back(d);
    for (int d = places + at; d < n; ++d) order.push_back(d);
  }
  return t.permute(order);
}

Tensor get(const Picked& picked) {
  const Layout layout = layout_of(picked);
  Shape indexed;
  for (int d = 0; d < layout.indexed; ++d) indexed.push_back(layout.view.shape()[d]);
  const std::vector<std::int64_t> rows = combined(layout, row_major_strides(indexed));
  const Tensor flat = layout.view.reshape(joined({indexed.elements()}, layout.rest));
  const Tensor taken = index_select(flat, 0, from_vector(rows)).reshape(joined(layout.together, layout.rest));
  return moved(taken, layout.together.dimensions(), layout.at, false);
}

/// The offsets of a strided block's elements from its first, in row-major order.
std::vector<std::int64_t> offsets_of(const Shape& shape, const Shape& strides) {
  std::vector<std::int64_t> offsets;
  for_each_row<1>(shape, {strides}, [&](const auto& offset, const auto& stride, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) offsets.push_back(offset[0] + i * stride[0]);
  });
  return offsets;
}

template <class T>
void scatter(void* data, const std::vector<std::int64_t>& starts, const std::vector<std::int64_t>& within,
             const void* values) {
  const T* from = static_cast<const T*>(values);
  for (const std::int64_t start : starts)
    for (const std::int64_t offset : within) static_cast<T*>(data)[start + offset] = *from++;
}

/// `values` without the dimensions of size 1 that it has in front beyond `dimensions`.
Tensor without_leading_ones(Tensor values, int dimensions) {
  while (values.dimensions() > dimensions && values.size(0) == 1) values = values.squeeze(0);
  return values;
}

Tensor spread(const Tensor& values, const Shape& shape) {
  const Tensor fitting = without_leading_ones(values, shape.dimensions());
  require<ShapeError>(broadcast(fitting.shape(), shape, "tensor: the assigned values") == shape,
                      "tensor: values of {} do not fill {}", values.shape(), shape);
  return fitting.expand(shape);
}

void put(const Picked& picked, const Tensor& values) {
  const Layout layout = layout_of(picked);
  Shape steps, rest_steps;
  for (int d = 0; d < layout.view.dimensions(); ++d)
    (d < layout.indexed ? steps : rest_steps).push_back(layout.view.strides()[d]);
  const int places = layout.together.dimensions();
  Shape shape;
  for (int d = 0; d < layout.at; ++d) shape.push_back(layout.rest[d]);
  for (const std::int64_t size : layout.together) shape.push_back(size);
  for (int d = layout.at; d < layout.rest.dimensions(); ++d) shape.push_back(layout.rest[d]);
  const Tensor source = moved(spread(values, shape), places, layout.at, true).contiguous();
  const auto starts = combined(layout, steps), within = offsets_of(layout.rest, rest_steps);
  const auto run = [&]<class T>() { scatter<T>(layout.view.raw_data(), starts, within, source.raw_data()); };
  switch (size_of(layout.view.dtype())) {
    case 8: return run.operator()<std::uint64_t>();
    case 4: return run.operator()<std::uint32_t>();
    case 2: return run.operator()<std::uint16_t>();
    default: return run.operator()<std::uint8_t>();
  }
}

/// t[index] = values as an operation:  dt = dy, 0 at the index;  dvalues = dy at the index
void set_recorded(const Tensor& t, nb::handle index, const Tensor& values) {
  check_assign(t, values.requires_grad(), "tensor");
  Tensor after, places;
  {
    const NoGradGuard guard;
    after = t.clone();
    const Picked picked = pick(after, index);
    if (picked.by_places())
      put(picked, values);
    else
      Tensor(picked.view).copy_(spread(values, picked.view.shape()));
    const Picked counted = pick(arange(0, static_cast<double>(t.elements())).reshape(t.shape()), index);
    places = (counted.by_places() ? get(counted) : counted.view).contiguous();
  }
  after = record(after, "IndexPutBackward0", {&t, &values},
                 [places, given = values.shape()](const BackwardContext& c) -> Gradients {
                   const Tensor flat = places.reshape({places.elements()});
                   Tensor before, there;
                   if (c.needs(0)) {
                     before = c.gradient.clone();
                     put({before.reshape({before.elements()}), {flat}}, scalar(0, before.dtype()));
                   }
                   if (c.needs(1)) {
                     const Tensor all = c.gradient.reshape({c.gradient.elements()});
                     const Tensor picked = index_select(all, 0, flat).reshape(places.shape());
                     Shape fitting = given;
                     while (fitting.dimensions() > picked.dimensions()) fitting.erase(0);
                     there = sum_to(picked, fitting).reshape(given);
                   }
                   return {before, there};
                 });
  assign(t, after, "tensor");
}

/// Whether both are the same elements of the same memory.
bool same_place(const Tensor& a, const Tensor& b) {
  return a.raw_data() == b.raw_data() && a.dtype() == b.dtype() && a.shape() == b.shape() && a.strides() == b.strides();
}

/// Whether a recorded write into a part of t may follow.
bool is_written_to(const Tensor& t) { return grad_enabled() && is_floating(t.dtype()); }

/// Of t[i] += 1 the part that was written to comes back.
bool came_back(const Tensor& t, nb::handle index, const Tensor& given) {
  if (given.impl()->storage.get() != t.impl()->storage.get()) return false;
  const Picked picked = pick(t.detach(), index);
  return !picked.by_places() && same_place(picked.view, given);
}

}  // namespace

Tensor get_item(const Tensor& t, nb::handle index) {
  if (PyLong_CheckExact(index.ptr()) && t.dimensions() > 0) {  // by far the most common one
    Tensor view = t.select(0, whole_from(index, "tensor", "an index"));
    if (is_written_to(t)) set_part_of(view, t);
    return view;
  }
  if (is_slice(index) && t.dimensions() > 0) {
    Tensor view = slice_of(t, 0, index);
    if (is_written_to(t)) set_part_of(view, t);
    return view;
  }
  const Picked picked = pick(t, index);
  if (picked.by_places()) return get(picked);
  Tensor view = picked.view.same_as(t) ? t.reshape(t.shape()) : picked.view;
  if (is_written_to(t)) set_part_of(view, t);
  return view;
}

void set_item(const Tensor& t, nb::handle index, nb::handle value) {
  const Tensor given = value_from(value, t.dtype(), "tensor");
  const bool recorded = grad_enabled() && (t.requires_grad() || (given.requires_grad() && is_floating(t.dtype())));
  if (recorded) {
    if (!came_back(t, index, given)) set_recorded(t, index, given.to(t.dtype()));
    return;
  }
  const Picked picked = pick(t.detach(), index);
  if (!picked.by_places() && same_place(picked.view, given)) return;
  check_assign(t, false, "tensor");
  const bool shared = given.impl()->storage.get() == t.impl()->storage.get();
  const Tensor values = shared ? given.detach().clone().to(t.dtype()) : given.detach().to(t.dtype());
  if (picked.by_places()) {
    put(picked, values);
    t.impl()->storage->bump_version();
  } else {
    Tensor(picked.view).copy_(spread(values, picked.view.shape()));
  }
}

Tensor add_at(const Tensor& x, const Tensor& places, const Tensor& values) {
  require<DTypeError>(x.dtype() == values.dtype(), "index_put: values of {} for a tensor of {}", name(values.dtype()),
                      name(x.dtype()));
  const Tensor y = x.detach().contiguous().clone(), from = values.detach().contiguous();
  const std::vector<std::int64_t> index = places.to_vector<std::int64_t>();
  visit(x.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    for (std::size_t i = 0; i < index.size(); ++i) {
      const T value = from.data<T>()[i];
      if constexpr (std::is_class_v<T>)
        to[index[i]] = T(static_cast<float>(to[index[i]]) + static_cast<float>(value));
      else
        to[index[i]] = static_cast<T>(to[index[i]] + value);
    }
  });
  return record(y, "IndexPutBackward0", {&x, &values}, [places](const BackwardContext& c) -> Gradients {
    const Tensor flat = c.gradient.reshape({c.gradient.elements()});
    return {c.gradient, c.needs(1) ? index_select(flat, 0, places) : Tensor()};
  });
}

Tensor nonzero(const Tensor& t) {
  const std::vector<Tensor> places = true_places(t.detach().to(DType::bool_));
  std::int64_t count = 0;
  if (places.empty()) return zeros({t.item<bool>() ? 1 : 0, 0}, DType::int64);
  count = places[0].elements();
  Tensor rows = empty({count, t.dimensions()}, DType::int64);
  for (int d = 0; d < t.dimensions(); ++d) rows.select(1, d).copy_(places[static_cast<std::size_t>(d)]);
  return rows;
}

}  // namespace relume::python
