// Training of your own: a generative adversarial network (Goodfellow et al., 2014) in one train_step.
//
// The generator learns to turn noise into points on a circle; the discriminator learns to tell its points
// from real ones. Each has an optimizer of its own. Expected output: the mean distance of the generated
// points from the centre and from the circle, before and after training: the first near 1, the second small.
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

constexpr int64_t kNoise = 4;

class Gan : public LayerOf<Gan, Model> {
 public:
  Gan(const Sequential& generator, const Sequential& discriminator)
      : LayerOf<Gan, Model>(ModelOptions{.seed = 1}), generator_(generator), discriminator_(discriminator) {
    track("generator", generator_.share());
    track("discriminator", discriminator_.share());
  }
  std::string class_name() const override { return "Gan"; }

  // Traced once, into one program: the pass through both networks, and both updates.
  void train_step(TrainStep& step) override {
    const CallContext::Random random = step.context().random();
    const Tensor noise = random_normal(random.key, {step.batch_size(), kNoise}, random.stream);
    const Tensor on_real = step.call(discriminator_, step.x()[0]);
    const Tensor on_fake = step.call(discriminator_, step.call(generator_, noise));

    const BinaryCrossentropy loss({.from_logits = true});
    const Tensor real = ones(on_real.shape()), fake = zeros(on_fake.shape());
    const Tensor d_loss = loss(real, on_real) + loss(fake, on_fake);
    const Tensor g_loss = loss(real, on_fake);
    step.minimize(d_loss, discriminator_.weights(true), "discriminator", Adam(0.002));
    step.minimize(g_loss, generator_.weights(true), "generator", Adam(0.001));
    step.log("d_loss", d_loss);
    step.log("g_loss", g_loss);
  }

 private:
  Sequential generator_, discriminator_;
};

// How far points (n, 2) are from the centre, and from the circle of radius 1.
struct Distances {
  double centre, circle;
};
Distances distances(const Tensor& points) {
  const Tensor radius = sqrt(sum(square(points), {1}));
  return {mean(radius).item<double>(), mean(abs(radius - 1.0)).item<double>()};
}

}  // namespace

int main() {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");

  Sequential generator({Input({kNoise}), Dense(32, {.activation = "relu"}), Dense(2)}, {.seed = 1});
  Sequential discriminator(
      {Input({2}), Dense(32, {.activation = "relu"}), Dense(32, {.activation = "relu"}), Dense(1)},
      {.seed = 2});
  Gan gan(generator, discriminator);
  gan.compile({});

  const Tensor angle = random_uniform(random_key(1), {4096}) * 6.2831853;
  const Tensor circle = stack({cos(angle), sin(angle)}, 1).eval();
  const Tensor noise = random_normal(random_key(2), {1000, kNoise}).eval();

  const Distances before = distances(generator.predict(noise));
  const History history = gan.fit(circle, {}, {.epochs = quick ? 25 : 100, .batch_size = 64, .verbose = 0});
  const Distances after = distances(generator.predict(noise));
  std::printf("distance from the centre %.2f, from the circle %.2f before training\n", before.centre,
              before.circle);
  std::printf("distance from the centre %.2f, from the circle %.2f after; g_loss %.2f\n", after.centre,
              after.circle, history["g_loss"].back());
  return after.circle < 0.25 && after.circle < before.circle / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
