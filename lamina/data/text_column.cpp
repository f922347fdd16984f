// Where in the file a row of a column stands.
#include "lamina/data/text_column.h"

#include "lamina/data/detail/row_lines.h"

namespace lamina {

int64_t TextColumn::line(size_t row) const { return lines_ ? lines_->line(number(row)) : 0; }

}  // namespace lamina
