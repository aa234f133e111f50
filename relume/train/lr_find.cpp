#include "relume/train/lr_find.h"

#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/data/batches.h"
#include "relume/train/objective.h"
#include "relume/train/optimizer_by_name.h"

namespace relume::training {
namespace {

constexpr double memory = 0.95;      // of the smoothed loss
constexpr double given_up_at = 4;    // times the lowest loss
constexpr double safety = 10;        // below the rate of the lowest loss
constexpr double least_fall = 0.02;  // of the first loss, for the test to say something

std::vector<Tensor> copies_of(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> copies;
  for (const Tensor& t : tensors) copies.push_back(t.detach().clone());
  return copies;
}

/// With one digit: more would promise what the test cannot keep.
double rounded(double rate) {
  const double power = std::pow(10, std::floor(std::log10(rate)));
  return std::round(rate / power) * power;
}

double take_step(Job& job, const Objective& objective, optim::Optimizer& optimizer, const data::Batch& batch) {
  optimizer.zero_grad();
  const Tensor loss = objective((*job.model.network)(batch.x), batch.y);
  const double value = loss.item<double>();
  if (std::isfinite(value)) optimizer.step_in_backward(loss);
  return value;
}

/// The losses at growing rates, as far as they are of use.
LrFindResult sweep(Job& job, const Options& options, const LrFindOptions& range) {
  const Objective objective(job.model, job.dataset, job.split.train, options);
  const auto optimizer = make_optimizer(options, job.model.network->parameters());
  data::Batches batches(job.dataset, job.split.train, {.size = options.batch_size, .seed = options.seed});
  const double factor = std::pow(range.to / range.from, 1.0 / static_cast<double>(range.steps - 1));
  LrFindResult result;
  double rate = range.from, mean = 0, weight = 0, lowest = 0;
  job.model.network->train();
  for (std::int64_t step = 0; step < range.steps; ++step, rate *= factor) {
    if (step % batches.size() == 0) batches.set_epoch(step / batches.size());
    optimizer->set_lr(rate);
    const double loss = take_step(job, objective, *optimizer, batches.batch(step % batches.size()));
    mean = memory * mean + (1 - memory) * loss;
    weight = memory * weight + (1 - memory);
    const double smoothed = mean / weight;
    if (!std::isfinite(smoothed) || (step > 0 && smoothed > given_up_at * lowest)) break;
    lowest = step == 0 ? smoothed : std::min(lowest, smoothed);
    result.rates.push_back(rate);
    result.losses.push_back(smoothed);
  }
  return result;
}

}  // namespace

LrFindResult find_lr(Job& job, const Options& options, const LrFindOptions& range) {
  require<InputError>(range.from > 0 && range.to > range.from && std::isfinite(range.to) && range.steps > 1,
                      "lr-find: rates from {} to {} in {} steps; give two rising numbers above 0 and two steps or more",
                      range.from, range.to, range.steps);
  const std::vector<Tensor> parameters = job.model.network->parameters(), kept = copies_of(parameters);
  LrFindResult result = sweep(job, resolve(options, static_cast<std::int64_t>(job.split.train.size())), range);
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].detach().copy_(kept[i]);
  for (const Tensor& parameter : parameters) parameter.set_grad(Tensor());
  const auto lowest = std::min_element(result.losses.begin(), result.losses.end());
  require<InputError>(lowest != result.losses.end() && *lowest < (1 - least_fall) * result.losses.front(),
                      "lr-find: the loss falls at no rate from {} to {}; look at the data, or give more steps",
                      range.from, range.to);
  result.lowest_at = result.rates[static_cast<std::size_t>(lowest - result.losses.begin())];
  result.suggested = rounded(result.lowest_at / safety);
  return result;
}

plot::Chart LrFindResult::chart() const {
  std::vector<double> powers;
  for (const double rate : rates) powers.push_back(std::log10(rate));
  plot::Chart chart("learning rate range test");
  chart.line(std::move(powers), losses, "").x_label("learning rate, power of ten").y_label("loss, smoothed");
  return chart.mark_x(std::log10(suggested), fmt::format("suggested: {:g}", suggested));
}

}  // namespace relume::training
