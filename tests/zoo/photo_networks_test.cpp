// The networks for photographs: what they are made of, that they train, and that their files predict the
// same.
#include "lamina/zoo/photo_networks.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "lamina/zoo/tutorial_models.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(PhotoNetworks, PhotosOfAnyNumberOfClassesAndTheirFilePredictsTheSame) {
  for (const int64_t classes : {2, 7}) {
    Sequential model = photo_network(classes, 32, 1);
    EXPECT_EQ(model.output_shape().str(), "(None, " + std::to_string(classes) + ")");
    const Samples samples = synthetic_samples(model, 4);
    model.fit(samples.x, samples.y, {.batch_size = 2, .verbose = 0});
    const std::vector<float> predicted = model.predict(samples.x).to_vector<float>();
    const test::TemporaryFolder folder;
    model.save(folder / "photos.keras");
    EXPECT_EQ(load_model(folder / "photos.keras").predict(samples.x).to_vector<float>(), predicted);
  }
  EXPECT_THROW(photo_network(0, 32, 1), InvalidArgument);
  EXPECT_THROW(photo_network(2, 4, 1), InvalidArgument);
  EXPECT_EQ(photo_network(2, 96, 1).layers().size(), photo_network(2, 32, 1).layers().size() + 8);
}

TEST(PhotoNetworks, CatsAndDogsHasTheWeightsOfTheListing) {
  const Sequential model = cats_dogs_network(10, 1);
  EXPECT_EQ(model.count_params(), 19034177);  // as Keras counts the listing
  EXPECT_EQ(model.output_shape().str(), "(None, 1)");
  EXPECT_THROW(cats_dogs_network(0, 1), InvalidArgument);
}

}  // namespace
}  // namespace lamina
