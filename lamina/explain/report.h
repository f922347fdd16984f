// TrainingReport: what a finished training run looks like, as one HTML page that needs no network.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/explain/plot.h"
#include "lamina/image/picture.h"

namespace lamina {

/// Everything that the page shows, as plain values. Empty parts are left out of the page.
struct TrainingReport {
  using Rows = std::vector<std::pair<std::string, std::string>>;

  /// A number worth a large print.
  struct Headline {
    std::string label;  ///< "test accuracy"
    std::string value;  ///< "91.64 %"
    std::string note;   ///< "10,000 images"; may be empty
  };
  /// One value per epoch of one logged quantity. "val_x" is drawn into the chart of "x".
  struct Series {
    std::string name;
    std::vector<double> values;
  };
  struct LayerRow {
    std::string name, type, output_shape;
    int64_t parameters = 0;
  };
  /// A small table of names and values with a heading ("Configuration", "Versions").
  struct Section {
    std::string heading;
    Rows rows;
  };
  /// An example that the model got wrong.
  struct Mistake {
    Picture picture;
    std::string expected, predicted;
    double confidence = 0;  ///< of the predicted class, 0..1
    int64_t index = 0;      ///< of the example in its data set
    Picture map = {};       ///< where it saw what it says; without pixels: not shown
  };
  /// A picture with what the model says of it drawn in.
  struct Shown {
    Picture picture;
    std::string name;  ///< of its file; may be empty
  };
  /// A text that the model has written.
  struct Passage {
    std::string prompt;  ///< what it was given
    std::string text;    ///< how it went on
  };

  /// Shares of one, such as what each token of a translation saw of its source.
  struct Shares {
    std::string heading;  ///< of this one: the text
    std::vector<std::string> rows, columns;
    std::vector<std::vector<float>> values;  ///< [row][column], 0 to 1
  };

  std::string title;     ///< "fashion-mnist"
  std::string subtitle;  ///< one sentence: what was trained on what, when
  std::string command;   ///< the command line that repeats the run
  std::vector<Headline> headlines;
  std::vector<Series> history;
  std::vector<LayerRow> layers;
  std::vector<Section> sections;
  std::vector<std::string> classes;             ///< names, in the order of the confusion matrix
  std::vector<std::vector<int64_t>> confusion;  ///< [true class][predicted class]: numbers of examples
  std::string evaluated_on;  ///< "10,000 test images", for the headings of the last two parts
  std::vector<Plot> plots;   ///< further curves: forecasts, ROC, calibration
  std::vector<Mistake> mistakes;
  std::vector<Shown> shown;
  std::string shown_how;  ///< "test pictures; white: what is there", for the heading of what is shown
  std::vector<Passage> passages;
  std::vector<Shares> attention;
  std::string written_how;  ///< "drawn at temperature 0.8, seed 1", for the heading of the passages
};

/// The page: HTML with inline styles, SVG charts and data-URI images, light or dark as the reader's system
/// asks. All text is escaped.
std::string to_html(const TrainingReport& report);

/// `text` with &, <, >, " and ' replaced by entities.
std::string html_escape(const std::string& text);

/// A line chart (inline SVG) of one or two series over the epochs 1..n. Values that are not finite leave
/// gaps.
std::string line_chart(const std::string& heading, const std::vector<TrainingReport::Series>& series);

}  // namespace lamina
