// Boxes read from tables, COCO, Pascal VOC and YOLO, the data sets beside the tree, and what is damaged.
#include "lamina/vision/annotations.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/picture.h"
#include "lamina/vision/annotated_picture.h"
#include "tests/support/golden.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina::vision {
namespace {

namespace fs = std::filesystem;
using test::message_of;

void write_picture(const std::string& path, int width, int height) {
  fs::create_directories(fs::path(path).parent_path());
  Picture picture;
  picture.height = height;
  picture.width = width;
  picture.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height), 0);
  write_file(path, encode_png(picture));
}

constexpr const char* kHead = "split,file,width,height,class,xmin,ymin,xmax,ymax\n";

// A camera on its side: programs for marking show the picture upright, and sizes that a file says decide.
TEST(Annotations, AreOfThePictureAsItWasShown) {
  const test::Golden golden("image/formats");
  const auto bytes = golden.at("jpeg_turned_6_file").to_vector<uint8_t>();
  test::TemporaryFolder folder;
  const std::string file = folder / "a.jpg";
  write_file(file, std::string(bytes.begin(), bytes.end()));
  const Picture stored = load_img(file), upright = load_img(file, {.exif_orientation = true});
  ASSERT_EQ(stored.width, upright.height);
  ASSERT_NE(stored.width, stored.height);
  const auto pixels = [&](int64_t width, int64_t height) {
    return load_picture({.file = file, .width = width, .height = height}).pixels;
  };
  EXPECT_EQ(pixels(0, 0), upright.pixels);
  EXPECT_EQ(pixels(upright.width, upright.height), upright.pixels);
  EXPECT_EQ(pixels(stored.width, stored.height), stored.pixels);
  EXPECT_EQ(pixels(7, 7), upright.pixels);  // of neither: the size is told where batches are made

  // Shares of YOLO's files are of the upright picture.
  write_file(folder / "a.txt", "0 0.5 0.5 1 1\n");
  write_file(folder / "classes.txt", "thing\n");
  const AnnotatedImages data = load_annotations(folder.path());
  ASSERT_EQ(data.images.size(), 1u);
  EXPECT_EQ(data.images[0].width, upright.width);
  EXPECT_EQ(data.images[0].boxes.at(0).box.right, upright.width);
}

TEST(Annotations, OfATable) {
  test::TemporaryFolder folder;
  write_picture(folder / "train/a.png", 40, 30);
  write_picture(folder / "train/empty.png", 40, 30);
  write_picture(folder / "test/b.png", 40, 30);
  write_file(folder / "annotations.csv", std::string(kHead) +
                                             "train,train/a.png,40,30,dog,1,2,11,12\n"
                                             "train,train/a.png,40,30,cat,5,5,50,20\n"
                                             "train,train/a.png,40,30,cat,50,5,60,20\n"
                                             "test,test/b.png,40,30,dog,0,0,40,30\n");
  test::Told told;
  const AnnotatedImages all = load_annotations(folder.path());
  EXPECT_EQ(all.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(all.images.size(), 3u);
  EXPECT_TRUE(told.holds("2 boxes reach out of their picture")) << told.text();
  EXPECT_TRUE(told.holds("1 boxes without area")) << told.text();
  const AnnotatedImages train = load_annotations(folder.path(), {.part = "train"});
  ASSERT_EQ(train.images.size(), 2u);
  EXPECT_EQ(train.images[0].boxes.size(), 2u);
  EXPECT_EQ(train.images[0].boxes[0].label, 1);
  EXPECT_EQ(train.images[0].boxes[1].box, (Box{5, 5, 40, 20}));
  EXPECT_TRUE(train.images[1].boxes.empty());
  EXPECT_EQ(load_annotations(folder / "annotations.csv", {.part = "test"}).boxes(), 1);
  const AnnotatedImages dogs =
      load_annotations(folder.path(), {.class_names = {"dog"}, .leave_out_others = true});
  EXPECT_EQ(dogs.boxes(), 2);
  EXPECT_TRUE(told.holds("2 of 'cat'")) << told.text();
  EXPECT_NE(message_of<InvalidArgument>([&] {
              load_annotations(folder.path(), {.class_names = {"dog"}});
            }).find("the class 'cat'"),
            std::string::npos);
}

// Pictures of all parts in one folder: those of another part are none of this one without boxes.
TEST(Annotations, OfATableWhosePartsShareAFolder) {
  test::TemporaryFolder folder;
  for (const char* name :
       {"images/a.png", "images/b.png", "images/without.png", "own/c.png", "own/without.png"})
    write_picture(folder / name, 40, 30);
  write_file(folder / "annotations.csv", std::string(kHead) +
                                             "train,images/a.png,40,30,dog,1,2,11,12\n"
                                             "test,images/b.png,40,30,dog,1,2,11,12\n"
                                             "test,own/c.png,40,30,dog,1,2,11,12\n");
  const AnnotatedImages train = load_annotations(folder.path(), {.part = "train"});
  ASSERT_EQ(train.images.size(), 1u);
  EXPECT_EQ(train.images[0].file, folder / "images/a.png");
  EXPECT_EQ(load_annotations(folder.path(), {.part = "test"}).images.size(),
            3u);  // b, c and what is beside c
  EXPECT_EQ(load_annotations(folder.path()).images.size(), 5u);
}

TEST(Annotations, OfCoco) {
  test::TemporaryFolder folder;
  write_picture(folder / "images/a.png", 40, 30);
  write_file(
      folder / "annotations.json",
      R"({"images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}, {"id": 8, "file_name": "b.png"}],
                 "categories": [{"id": 3, "name": "dog"}, {"id": 1, "name": "cat"}],
                 "annotations": [{"image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 12], "iscrowd": 1, "area": 55.5}]})");
  const AnnotatedImages all = load_annotations(folder.path());
  EXPECT_EQ(all.class_names, (std::vector<std::string>{"cat", "dog"}));
  ASSERT_EQ(all.images.size(), 2u);
  EXPECT_TRUE(fs::exists(all.images[0].file));
  ASSERT_EQ(all.images[0].boxes.size(), 1u);
  const TruthBox& box = all.images[0].boxes[0];
  EXPECT_EQ(box.box, (Box{1, 2, 11, 14}));
  EXPECT_TRUE(box.crowd);
  EXPECT_DOUBLE_EQ(box.area, 55.5);
  EXPECT_EQ(box.label, 1);
  for (
      const char* wrong :
      {R"({"images": []})", R"([1])",
       R"({"images": [], "categories": [], "annotations": [{"image_id": 1, "category_id": 2, "bbox": [1]}]})",
       R"({"images": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "annotations": []})",
       R"({"images": [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}], "categories": [], "annotations": []})",
       "{"}) {
    write_file(folder / "annotations.json", wrong);
    EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("annotations.json"),
              std::string::npos)
        << wrong;
  }
}

TEST(Annotations, OfPascalVoc) {
  test::TemporaryFolder folder;
  write_picture(folder / "JPEGImages/x1.png", 40, 30);
  fs::create_directories(folder / "Annotations");
  const std::string voc =
      "<annotation><filename>other.jpg</filename><size><width>40</width><height>30</height></size>"
      "<object><name>a &amp; "
      "b</name><part><name>head</name><bndbox><xmin>9</xmin></bndbox></part><difficult>1</difficult>"
      "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11.5</xmax><ymax>12</ymax></bndbox></object></annotation>";
  write_file(folder / "Annotations/x1.xml", voc);
  const AnnotatedImages all = load_annotations(folder.path());
  EXPECT_EQ(all.class_names, (std::vector<std::string>{"a & b"}));
  ASSERT_EQ(all.boxes(), 1);
  EXPECT_TRUE(all.images[0].boxes[0].ignore);
  EXPECT_EQ(all.images[0].boxes[0].box, (Box{1, 2, 11.5, 12}));
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"<ymin>2</ymin>", ""}, {"11.5", "wide"}, {"</object>", ""}}) {
    std::string damaged = voc;
    damaged.replace(damaged.find(from), from.size(), to);
    write_file(folder / "Annotations/x1.xml", damaged);
    EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("x1.xml"),
              std::string::npos)
        << from;
  }
  write_file(folder / "Annotations/x1.xml", voc);
  write_file(folder / "Annotations/x2.xml", voc);
  EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("no picture 'x2'"),
            std::string::npos);
}

// A folder for each part, as Roboflow exports them.
TEST(Annotations, OfPascalVocWithAFolderForEachPart) {
  test::TemporaryFolder folder;
  for (const char* name : {"train/x1", "train/x2", "valid/x3"}) {
    write_picture(folder / (std::string(name) + ".png"), 40, 30);
    write_file(folder / (std::string(name) + ".xml"),
               "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax>"
               "<ymax>12</ymax></bndbox></object></annotation>");
  }
  EXPECT_TRUE(has_annotations(folder.path()));
  EXPECT_EQ(load_annotations(folder.path()).boxes(), 3);
  EXPECT_EQ(load_annotations(folder.path(), {.part = "train"}).boxes(), 2);
  EXPECT_EQ(load_annotations(folder.path(), {.part = "val"}).boxes(), 1);
  EXPECT_THROW(load_annotations(folder.path(), {.part = "test"}), FileError);
}

TEST(Annotations, OfYolo) {
  test::TemporaryFolder folder;
  write_picture(folder / "images/train/a.png", 40, 20);
  write_picture(folder / "images/train/none.png", 40, 20);
  fs::create_directories(folder / "labels/train");
  write_file(folder / "labels/train/a.txt", "1 0.5 0.5 0.5 1\n\n");
  for (const char* yaml : {"names: {0: cat, 1: 'dog'}\n", "nc: 2\nnames: ['cat', \"dog\"]\n",
                           "names:\n  0: cat\n  1: dog\nnc: 2\n", "names:\n- cat\n- dog\n"}) {
    write_file(folder / "data.yaml", yaml);
    const AnnotatedImages all = load_annotations(folder.path(), {.part = "train"});
    EXPECT_EQ(all.class_names, (std::vector<std::string>{"cat", "dog"})) << yaml;
    ASSERT_EQ(all.images.size(), 2u);
    ASSERT_EQ(all.images[0].boxes.size(), 1u);
    EXPECT_EQ(all.images[0].boxes[0].box, (Box{10, 0, 30, 20}));
    EXPECT_EQ(all.images[0].boxes[0].label, 1);
  }
  for (const char* wrong : {"1 0.5 0.5 0.5\n", "x 0.5 0.5 0.5 1\n", "7 0.5 0.5 0.5 1\n", "1 0.5 nan 0.5 1\n",
                            "1 0.5 1e999 0.5 1\n"}) {
    write_file(folder / "labels/train/a.txt", wrong);
    EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("a.txt' line 1"),
              std::string::npos)
        << wrong;
  }
}

TEST(Annotations, RefuseWhatIsNone) {
  test::TemporaryFolder folder;
  EXPECT_FALSE(has_annotations(folder.path()));
  EXPECT_FALSE(has_annotations(folder / "nowhere"));
  EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("holds no boxes"),
            std::string::npos);
  write_file(folder / "annotations.csv", "file,class,xmin,ymin,xmax\na.png,x,1,2,3\n");
  EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("no column 'ymax'"),
            std::string::npos);
  write_file(folder / "annotations.csv", std::string(kHead) + "train,a.png,40,30,dog,1,two,11,12\n");
  EXPECT_NE(message_of<FileError>([&] { load_annotations(folder.path()); }).find("line 2: 'two'"),
            std::string::npos);
  write_file(folder / "annotations.csv", std::string(kHead) + "train,a.png,40,30,dog,1,2,11,12\n");
  EXPECT_NE(message_of<FileError>([&] {
              load_annotations(folder.path(), {.part = "test"});
            }).find("no pictures of the part 'test'"),
            std::string::npos);
}

TEST(Annotations, OfTheDataBeside) {
  const std::string cells = test::shared_data("blood_cells_bccd"),
                    roads = test::shared_data("driving_trapedesveh");
  if (cells.empty() || roads.empty()) GTEST_SKIP() << "needs shared data";
  const AnnotatedImages train = load_annotations(cells, {.part = "train"}),
                        test = load_annotations(cells, {.part = "test"});
  EXPECT_EQ(train.class_names, (std::vector<std::string>{"Platelets", "RBC", "WBC"}));
  EXPECT_EQ(train.images.size(), 140u);
  EXPECT_EQ(test.images.size(), 40u);
  EXPECT_EQ(train.boxes() + test.boxes(), 2453);
  const AnnotatedImages driving = load_annotations(roads);
  EXPECT_EQ(driving.class_names.size(), 8u);
  EXPECT_EQ(driving.images.size(), 230u);
  EXPECT_EQ(driving.boxes(), 1008);
}

}  // namespace
}  // namespace lamina::vision
