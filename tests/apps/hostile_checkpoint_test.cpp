// Checkpoints that somebody else made: no path inside of one is followed, whatever it is and wherever it
// stands.
#include <filesystem>
#include <functional>

#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/detail/zip_archive.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class HostileCheckpoint : public test::Training {
 protected:
  HostileCheckpoint() {
    EXPECT_EQ(train("m.keras", 1).status, 0);
    state_ = read_file(file("m.checkpoint.keras"));
    for (const char* victim : {"victim", "runs/victim", "m.keras.run/victim", "C:\\victim", "~"}) {
      fs::create_directories(file(victim));
      for (const char* name : {"history.csv", "report.html", "run.json", "victim.keras"})
        write_file(file(victim) + "/" + name, "mine");
    }
    fs::create_directory_symlink(file("victim"), file("link"));
    write_file(file("victim.keras"), "mine");
  }

  // Resumes from the checkpoint of these bytes. Where that works, files appear and change in the run's own
  // folder and under the names that the command line gave, and nowhere else.
  void expect_nothing_followed(const std::string& bytes, const std::string& what,
                               bool may_be_refused = false) {
    fs::remove_all(file("m.keras.run"));
    fs::create_directories(file("m.keras.run"));
    write_file(file("m.checkpoint.keras"), bytes);
    const std::vector<std::string> before = everything();
    const Outcome outcome = train("m.keras", 2, {"--resume"});
    if (may_be_refused) {
      EXPECT_TRUE(outcome.status == 0 || outcome.status == 1) << what << ": " << outcome.err;
    } else {
      EXPECT_EQ(outcome.status, 0) << what << ": " << outcome.err;
      EXPECT_TRUE(fs::exists(file("m.keras.run/history.csv"))) << what;
    }
    for (const std::string& name : everything()) {
      const bool known = std::find(before.begin(), before.end(), name) != before.end();
      EXPECT_TRUE(known || name.starts_with("m.keras.run/")) << what << " made " << name;
    }
    for (const char* victim : {"victim", "runs/victim", "C:\\victim", "~"}) {
      for (const char* name : {"history.csv", "report.html", "run.json", "victim.keras"})
        EXPECT_EQ(read_file(file(victim) + "/" + name), "mine") << what;
    }
    EXPECT_EQ(read_file(file("victim.keras")), "mine") << what;
  }

  std::string state_;
};

TEST_F(HostileCheckpoint, NoPathAmongTheFactsOfTheTrainingIsFollowed) {
  const std::vector<std::pair<std::string, Json>> values = {{"absolute", file("victim")},
                                                            {"relative", "victim"},
                                                            {"parent", "m.keras.run/../victim"},
                                                            {"dots", "./././victim/."},
                                                            {"slash", "victim/"},
                                                            {"slashes", "//" + file("victim")},
                                                            {"link", "link"},
                                                            {"through a link", "link/../victim"},
                                                            {"run", "runs/victim"},
                                                            {"home", "~/victim"},
                                                            {"variable", "$PWD/victim"},
                                                            {"address", "file://" + file("victim")},
                                                            {"drive", "C:\\victim"},
                                                            {"backslashes", "..\\victim"},
                                                            {"share", "\\\\host\\victim"},
                                                            {"NUL", std::string("victim\0.run", 11)},
                                                            {"line", "victim\nrun_dir: victim"},
                                                            {"escape", "\x1b]0;victim\x07"},
                                                            {"long", std::string(5000, 'v')},
                                                            {"deep",
                                                             [] {
                                                               std::string path;
                                                               for (int i = 0; i < 2000; ++i) path += "../";
                                                               return path + "victim";
                                                             }()},
                                                            {"empty", ""},
                                                            {"list", Json::list({"victim"})},
                                                            {"object", Json::object({{"path", "victim"}})},
                                                            {"number", 7},
                                                            {"null", nullptr},
                                                            {"true", true}};
  const Checkpoint checkpoint = [&] {
    write_file(file("m.checkpoint.keras"), state_);
    return load_checkpoint(file("m.checkpoint.keras"));
  }();
  for (const auto& [what, value] : values) {
    Json info = checkpoint.info;
    TrainingSnapshot training = *checkpoint.training;
    for (const char* key :
         {"run_folder", "run_dir", "folder", "history", "report", "out", "checkpoint", "path", "file"}) {
      info[key] = value;
      training.info[key] = value;
    }
    expect_nothing_followed(checkpoint_bytes(checkpoint.model, training, info), what);
  }
}

// The archive's members are read by the names that are known, and are never unpacked.
TEST_F(HostileCheckpoint, NoMemberIsUnpacked) {
  const detail::ZipReader zip(state_, "m.checkpoint.keras");
  for (const std::string& member :
       {std::string("../victim/history.csv"), std::string("victim/history.csv"), file("victim/history.csv"),
        std::string("lamina/../victim/run.json"), std::string("..\\victim\\history.csv"),
        std::string("C:\\victim\\run.json"), std::string("~/history.csv"),
        std::string("m.keras.run/../victim/report.html"), std::string("assets/../../x"),
        std::string(300, 'v')}) {
    detail::ZipWriter forged;
    for (const std::string& name : zip.members()) forged.add(name, zip.read(name));
    forged.add(member, "theirs");
    expect_nothing_followed(forged.finish(), member, true);
  }
}

// Names of the model and of its layers stand in titles and not in paths.
TEST_F(HostileCheckpoint, NoNameOfAModelIsAPath) {
  const detail::ZipReader zip(state_, "m.checkpoint.keras");
  for (const std::string& name : {std::string("../victim"), file("victim"), std::string("victim/history.csv"),
                                  std::string("..\\\\victim"), std::string("."), std::string("..")}) {
    detail::ZipWriter forged;
    for (const std::string& member : zip.members()) {
      std::string content = zip.read(member);
      if (member == "config.json") {
        const std::string old = "\"name\": \"net\"";
        const size_t at = content.find(old);
        ASSERT_NE(at, std::string::npos) << content;
        content.replace(at, old.size(), "\"name\": \"" + name + "\"");
      }
      forged.add(member, content);
    }
    expect_nothing_followed(forged.finish(), name, true);
  }
}

}  // namespace
}  // namespace lamina
