// lamina generate: what is asked for counts, and not what the folder says.
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

TEST(GenerateCommand, OptionsCountMoreThanTheFolder) {
  const TemporaryFolder folder;
  const auto model = small(small_t5());
  const auto written = [&](const GenerationConfig& config, const std::vector<std::string>& more) {
    model->set_generation_config(config);
    model->save_pretrained(folder / "t5");
    std::vector<std::string> words{"generate", "--model", "t5", "--ids", "3,4", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_lamina(folder.path(), words, {"OMP_WAIT_POLICY=passive"});
  };
  GenerationConfig beams = model->generation_config(), draws = beams;
  beams.num_beams = 3;
  const Outcome drawn = written(beams, {"--do-sample", "--seed", "3"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  draws.do_sample = true;
  const Outcome followed = written(draws, {"--num-beams", "3"});
  EXPECT_EQ(followed.status, 0) << followed.err;
  EXPECT_EQ(followed.out, written(beams, {}).out);
}

}  // namespace
}  // namespace lamina::test
