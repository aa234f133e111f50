// Public. A model's network as a picture.
#pragma once

#include <filesystem>
#include <vector>

#include "relume/io/layer_facts.h"

namespace relume::plot {

/// Draws the layers as columns into a .svg, .png or .pdf. Up to 64 units are circles, joined by lines for the weights
/// that are largest in magnitude; more are a bar. Where units were watched they are the darker the more rows they fire
/// on, and black where they never did. Throws as Chart::save.
void draw_network(const io::Model& model, const std::vector<io::LayerFacts>& layers, const std::filesystem::path& path);

}  // namespace relume::plot
