// Sequence: one pre-tokenizer after the other.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(const Json& config) {
    ConfigReader reader = read_part(config, "Sequence");
    for (const Json& part : parts_of(reader, "pretokenizers"))
      parts_.push_back(make_part<PreTokenizer>(part));
    reader.done();
  }
  explicit Sequence(std::vector<std::shared_ptr<const PreTokenizer>> parts) : parts_(std::move(parts)) {}
  void pre_tokenize(Pieces& pieces) const override {
    for (const auto& part : parts_) part->pre_tokenize(pieces);
  }
  std::shared_ptr<const PreTokenizer> without_byte_level() const override {
    if (parts_.empty()) return nullptr;
    auto last = parts_.back()->without_byte_level();
    if (last == nullptr) return nullptr;
    auto parts = parts_;
    parts.back() = std::move(last);
    return std::make_shared<Sequence>(std::move(parts));
  }

 private:
  std::vector<std::shared_ptr<const PreTokenizer>> parts_;
};

const bool kSequenceKnown = Registry<PreTokenizer>::add(
    "Sequence",
    [](const Json& config) -> std::shared_ptr<PreTokenizer> { return std::make_shared<Sequence>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
