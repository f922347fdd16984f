// Booleans of configurations that were written as numbers: Python takes 0 and 1 for False and True, and Keras
// writes what it was given.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST(ConfigBooleans, MayBeWrittenAsZeroAndOne) {
  const Sequential model({Input({6, 4}), Dense(3, {.use_bias = false}), BatchNormalization(),
                          LayerNormalization(), LSTM(3, {.return_sequences = true}),
                          Conv1D(2, 3, {.use_bias = false}), Flatten(), Dropout(0.5), Dense(2)},
                         {.name = "m", .seed = 1});
  model.layers()[1]->set_trainable(false);
  const std::string written = model.serialize().dump();
  ASSERT_NE(written.find(": false"), std::string::npos) << written;
  ASSERT_NE(written.find(": true"), std::string::npos);
  for (const auto& [no, yes] : {std::pair("0", "1"), {"0.0", "1.0"}}) {
    const std::string numbers =
        replaced(replaced(written, ": false", std::string(": ") + no), ": true", std::string(": ") + yes);
    EXPECT_EQ(Model::from_json(Json::parse(numbers)).serialize().dump(), written);
  }
}

TEST(ConfigBooleans, AreNothingElse) {
  const std::string written = Dense(3, {.name = "d"}).serialize().dump();
  for (const std::string argument : {"use_bias", "trainable"}) {
    for (const std::string other : {"2", "-1", "0.5", "\"true\"", "[]"}) {
      const std::string text =
          replaced(written, "\"" + argument + "\": true", "\"" + argument + "\": " + other);
      ASSERT_NE(text, written);
      EXPECT_NE(test::message_of<InvalidArgument>([&] {
                  detail::layer_from_json(Json::parse(text));
                }).find("Dense 'd': argument '" + argument + "' must be true or false, received " + other),
                std::string::npos)
          << other;
    }
  }
}

}  // namespace
}  // namespace lamina
