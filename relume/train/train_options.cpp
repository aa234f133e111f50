#include "relume/train/train_options.h"

#include "relume/base/require.h"
#include "relume/nn/architecture.h"

namespace relume {

training::JobOptions TrainOptions::job() const {
  require(hidden.empty() || layers.empty(), "train: hidden and layers both say what the network is; give one of them");
  training::JobOptions job{.data = {},
                           .target = target,
                           .task = task,
                           .use = use,
                           .drop = drop,
                           .layers = layers,
                           .activation = activation,
                           .valid = valid.text(),
                           .test = test.text(),
                           .csv = csv,
                           .seed = seed};
  if (!hidden.empty()) job.layers = nn::to_string(nn::mlp(hidden, activation));
  return job;
}

training::Options TrainOptions::training() const {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .optimizer = optimizer,
          .lr = lr,
          .momentum = momentum,
          .nesterov = nesterov,
          .weight_decay = weight_decay,
          .schedule = schedule,
          .warmup_steps = warmup_steps,
          .clip_norm = clip_norm,
          .clip_value = clip_value,
          .clip_adaptive = clip_adaptive,
          .patience = patience,
          .min_delta = min_delta,
          .best_by = best_by,
          .label_smoothing = label_smoothing,
          .balanced_classes = balanced_classes,
          .precision = precision,
          .on_dead = on_dead,
          .on_explode = on_explode,
          .thresholds = thresholds,
          .seed = seed};
}

}  // namespace relume
