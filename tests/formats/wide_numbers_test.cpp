// Whole numbers of files that need more than 32 bits: none of them is cut to one that fits.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/initializers/initializer.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/metrics/metric.h"
#include "lamina/nn/optimizers/optimizer.h"
#include "lamina/nn/registry.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

// The places of whole numbers in a configuration, as a list of keys and positions each.
void find_integers(const Json& json, std::vector<std::string>& at,
                   std::vector<std::vector<std::string>>& found) {
  if (json.is_int()) found.push_back(at);
  if (json.is_object()) {
    for (const auto& [key, value] : json.as_object()) {
      if (key == "build_config" || key == "shared_object_id") continue;  // not read, and a name
      at.push_back(key);
      find_integers(value, at, found);
      at.pop_back();
    }
  }
  if (json.is_list()) {
    for (size_t i = 0; i < json.size(); ++i) {
      at.push_back(std::to_string(i));
      find_integers(json.at(i), at, found);
      at.pop_back();
    }
  }
}

Json& member(Json& json, const std::vector<std::string>& at) {
  Json* place = &json;
  for (const std::string& key : at)
    place = place->is_list() ? &place->as_list()[std::stoul(key)] : &(*place)[key];
  return *place;
}

// With each whole number n in turn replaced by n + 2^32 and n - 2^32: `read` refuses it, or gives something
// else than for n. Counts the numbers.
template <class Read>
size_t expect_not_cut(const Json& config, const std::string& name, Read&& read) {
  std::vector<std::vector<std::string>> places;
  std::vector<std::string> at;
  find_integers(config, at, places);
  std::string plain;
  try {
    plain = read(config);
  } catch (const Error&) {
    return 0;  // what is refused as it is, others look at
  }
  for (const auto& place : places) {
    for (const int64_t more : {int64_t{1} << 32, -(int64_t{1} << 32)}) {
      Json changed = config;
      Json& number = member(changed, place);
      number = Json(number.as_int() + more);
      try {
        EXPECT_NE(read(changed), plain) << name << ": " << place.back() << " = " << number.dump();
      } catch (const Error&) {
      }
    }
  }
  return places.size();
}

TEST(WideNumbers, OfLayersAreNotCut) {
  size_t numbers = 0;
  for (const std::string folder : {"nn/layers/", "nn/layers_multi/", "nn/recurrent/"}) {
    for (const std::string& name : test::golden_cases(folder)) {
      const test::Golden golden(folder + name);
      if (!golden.contains("config")) continue;
      numbers += expect_not_cut(golden.json("config"), name, [](const Json& json) {
        return detail::layer_from_json(json)->serialize().at("config").dump();
      });
    }
  }
  EXPECT_GE(numbers, 300u);
}

template <class Base>
size_t of(const std::string& folder) {
  size_t numbers = 0;
  for (const std::string& name : test::golden_cases(folder)) {
    numbers += expect_not_cut(test::Golden(folder + "/" + name).json("config"), name, [](const Json& json) {
      return Registry<Base>::from_json(json)->serialize().at("config").dump();
    });
  }
  return numbers;
}

TEST(WideNumbers, OfLossesMetricsAndOptimizersAreNotCut) {
  EXPECT_GE(of<Loss>("nn/losses"), 5u);
  EXPECT_GE(of<Metric>("nn/metrics"), 5u);
  EXPECT_GE(of<Optimizer>("nn/optimizers"), 3u);
}

}  // namespace
}  // namespace lamina
