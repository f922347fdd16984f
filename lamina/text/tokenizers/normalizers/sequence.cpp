// Sequence: one normalizer after the other.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

class Sequence : public Normalizer {
 public:
  explicit Sequence(const Json& config) {
    ConfigReader reader = read_part(config, "Sequence");
    for (const Json& part : parts_of(reader, "normalizers")) parts_.push_back(make_part<Normalizer>(part));
    reader.done();
  }
  void normalize(AlignedText& text) const override {
    for (const auto& part : parts_) part->normalize(text);
  }

 private:
  std::vector<std::shared_ptr<Normalizer>> parts_;
};

const bool kSequenceKnown = Registry<Normalizer>::add(
    "Sequence",
    [](const Json& config) -> std::shared_ptr<Normalizer> { return std::make_shared<Sequence>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
