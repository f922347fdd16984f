// The options, and what they say to from_pretrained.
#include "precision.h"

#include "cli.h"

namespace lamina::cli {

PretrainedOptions Precision::options() const {
  if (quantize.empty() && group) throw UsageError("--group belongs to --quantize int8 or int4");
  return {.quantize = quantize, .group = group};
}

void add_precision(Command& command, Precision& precision) {
  command.add(precision.quantize,
              {.name = "--quantize",
               .help = "Keep the weights of a language model in fewer bits: faster, smaller, less exact",
               .choices = {"int8", "int4", "bfloat16"}});
  command.add(precision.group,
              {.name = "--group",
               .help = "Neighbours that share a scale: 0 (all of a line), 32, 64 or a multiple of "
                       "128; by default 0 for int8 and 32 for int4",
               .type = "N",
               .least = 0});
}

}  // namespace lamina::cli
