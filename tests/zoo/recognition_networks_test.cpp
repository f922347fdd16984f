// Networks of recognition: as large as their papers say, and what they refuse.
#include "lamina/zoo/recognition_networks.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

// He et al., table 6: 0.27 million. Convolutions 267,696, the classifier 650, and 19 normalisations of 688 channels, of
// whose four weights each two are trained.
TEST(RecognitionNetworks, ResNet20HasThePapersWeights) {
  const Model resnet = cifar_network("resnet20", 10, 100, 0), plain = cifar_network("plain20", 10, 100, 0);
  EXPECT_EQ(resnet.count_params(), 267696 + 650 + 4 * 688);
  EXPECT_EQ(plain.count_params(), resnet.count_params());  // shortcuts of option A weigh nothing
  EXPECT_EQ(resnet.output_shape(), (Shape{-1, 10}));
  EXPECT_EQ(cifar_network("alexnet", 10, 100, 0).output_shape(), (Shape{-1, 10}));
}

TEST(RecognitionNetworks, TheSameSeedGivesTheSameNetwork) {
  const Tensor x = full({2, 32, 32, 3}, 100);
  Model a = cifar_network("resnet20", 10, 100, 3), b = cifar_network("resnet20", 10, 100, 3);
  EXPECT_EQ(a.predict(x).to_vector<float>(), b.predict(x).to_vector<float>());
}

// A darker photograph of the same sign is the same to the network.
TEST(RecognitionNetworks, SignsDoNotDependOnTheLight) {
  std::vector<float> pixels;
  for (int i = 0; i < 32 * 32 * 3; ++i) pixels.push_back(static_cast<float>(i * 37 % 251));
  std::vector<float> dark = pixels;
  for (float& value : dark) value = 20 + value / 2;
  Model model = traffic_sign_network(43, 100, 0);
  const std::vector<float> light = model.predict(Tensor::from(pixels, Shape{1, 32, 32, 3})).to_vector<float>(),
                           night = model.predict(Tensor::from(dark, Shape{1, 32, 32, 3})).to_vector<float>();
  ASSERT_EQ(light.size(), 43u);
  for (size_t i = 0; i < light.size(); ++i) EXPECT_NEAR(light[i], night[i], 2e-3F) << i;
}

TEST(RecognitionNetworks, RefuseWhatCannotBe) {
  EXPECT_NE(message_of<InvalidArgument>([] { cifar_network("resnet2", 10, 100, 0); }).find("did you mean 'resnet20'"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { cifar_network("resnet20", 0, 100, 0); }).find("classes"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { traffic_sign_network(43, 0, 0); }).find("steps"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { chest_xray_network(0, 0); }).find("steps"), std::string::npos);
}

}  // namespace
}  // namespace lamina
