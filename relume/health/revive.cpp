#include "relume/health/revive.h"

#include <algorithm>
#include <cmath>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/health/unit_site.h"
#include "relume/nn/init.h"

namespace relume::health {
namespace {

/// What enters the module at `place`, in evaluation mode.
Tensor input_of(nn::Sequential& network, std::size_t place, const Tensor& rows) {
  Tensor x = rows;
  for (std::size_t i = 0; i < place; ++i) x = network[i].forward(x);
  return x.contiguous();
}

std::vector<double> products(const Tensor& inputs, const float* weights) {
  const std::int64_t n = inputs.size(0), width = inputs.size(1);
  std::vector<double> z(static_cast<std::size_t>(n));
  const float* x = inputs.data<float>();
  for (double& sum : z)
    for (std::int64_t k = 0; k < width; ++k) sum += static_cast<double>(weights[k]) * static_cast<double>(*x++);
  return z;
}

double deviation(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean) / static_cast<double>(values.size());
  return std::sqrt(squares);
}

/// New weights and bias for row `unit`, whose weights have been drawn.
void fit_row(const nn::Linear& linear, std::int64_t unit, const Tensor& inputs, double firing_share) {
  float* weights = linear.weight.data<float>() + unit * linear.in_features();
  std::vector<double> z = products(inputs, weights);
  // Where all inputs are alike no weight can tell the rows apart; the unit is then on for all of them.
  const double spread = deviation(z), scale = spread > 0 ? 1 / spread : 1;
  for (std::int64_t k = 0; k < linear.in_features(); ++k)
    weights[k] = static_cast<float>(static_cast<double>(weights[k]) * scale);
  if (!linear.bias.defined()) return;
  if (!(spread > 0)) {
    linear.bias.data<float>()[unit] = 0.1f;
    return;
  }
  const auto off = static_cast<std::ptrdiff_t>((1 - firing_share) * static_cast<double>(z.size() - 1));
  std::nth_element(z.begin(), z.begin() + off, z.end());
  linear.bias.data<float>()[unit] = static_cast<float>(-z[static_cast<std::size_t>(off)] * scale);
}

void fill_row(const Tensor& tensor, std::int64_t row) { tensor.detach().slice(0, row, row + 1).zero_(); }
void fill_column(const Tensor& tensor, std::int64_t column) { tensor.detach().slice(1, column, column + 1).zero_(); }

/// Calls `clear` on each buffer that the optimizer keeps for the parameter.
template <class Clear>
void clear_state(optim::Optimizer* optimizer, const Tensor& parameter, Clear clear) {
  if (!optimizer || !parameter.defined()) return;
  const auto& parameters = optimizer->parameters();
  const auto found =
      std::find_if(parameters.begin(), parameters.end(), [&](const Tensor& p) { return p.same_as(parameter); });
  const std::string prefix = std::to_string(found - parameters.begin()) + ".";
  for (const auto& [name, buffer] : optimizer->state())
    if (name.starts_with(prefix) && buffer.shape() == parameter.shape()) clear(buffer);
}

void revive_unit(const UnitSite& site, std::int64_t unit, const Tensor& inputs, optim::Optimizer* optimizer,
                 double firing_share) {
  fit_row(*site.incoming, unit, inputs, firing_share);
  fill_column(site.outgoing->weight, unit);
  clear_state(optimizer, site.incoming->weight, [unit](const Tensor& buffer) { fill_row(buffer, unit); });
  clear_state(optimizer, site.incoming->bias, [unit](const Tensor& buffer) { fill_row(buffer, unit); });
  clear_state(optimizer, site.outgoing->weight, [unit](const Tensor& buffer) { fill_column(buffer, unit); });
}

}  // namespace

Treated revive(nn::Sequential& network, std::span<const LayerActivity> activity, const Tensor& rows,
               optim::Optimizer* optimizer, Rng& rng, const ReviveOptions& options) {
  require(options.firing_share > 0 && options.firing_share < 1, "revive: a firing share of {} is not between 0 and 1",
          options.firing_share);
  require<ShapeError>(rows.dimensions() >= 2 && rows.size(0) > 1, "revive: {} does not hold two rows or more",
                      to_string(rows.shape()));
  NoGradGuard guard;
  const bool was_training = network.is_training();
  network.eval();
  Treated treated;
  // From the input on: a layer behind a dead one gets its rows from the revived units.
  for (const UnitSite& site : unit_sites(network))
    for (const LayerActivity& layer : activity) {
      const std::vector<std::int64_t> dead = layer.dead_units();
      if (layer.layer != site.layer || dead.empty() || site.incoming->weight.dtype() != DType::float32) continue;
      const Activation& f = *network[site.activation_place].as_activation();
      const Tensor drawn = empty(site.incoming->weight.shape());
      nn::init::apply(nn::init::scheme_for(f), drawn, nn::init::gain(f), rng);
      for (const std::int64_t unit : dead)
        site.incoming->weight.detach().slice(0, unit, unit + 1).copy_(drawn.slice(0, unit, unit + 1));
      const Tensor inputs = input_of(network, site.incoming_place, rows);
      for (const std::int64_t unit : dead) revive_unit(site, unit, inputs, optimizer, options.firing_share);
      treated.emplace_back(site.layer, static_cast<std::int64_t>(dead.size()));
    }
  network.train(was_training);
  return treated;
}

}  // namespace relume::health
