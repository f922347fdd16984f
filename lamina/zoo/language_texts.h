// Texts to learn a language from: running text and poems, with the parts that judge.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// What a language model learns, what it is watched by, and what judges it once at the end.
struct LanguageTexts {
  std::vector<std::string> training, validation, test;
};

/// One running text: a file (plain or gzip), or a folder of .txt files, one behind the other by their names.
/// The last tenth of its characters is the test part; of what is before, the last twentieth is the validation
/// part. Ends of lines become LF.
///
/// Throws FileError for what cannot be read, is no UTF-8 (naming the line) or has fewer than 1000 characters.
LanguageTexts running_text(const std::string& source);

/// Poems in regular form: tables with columns title and text (.tsv, .csv, also .gz), one file or a folder of
/// them, as read_parallel_texts takes them. A text is the title, a line break and the poem. Those that are
/// not is_regular_poem, have more than 16 lines or characters missing (□) are left out, and so are poems that
/// come again. Since collections stand by poets, every tenth poem is of the test part and every twentieth of
/// the validation part. Every fourth of the others comes without its title, so that a first line is a
/// beginning, too.
///
/// Throws FileError for what cannot be read, is no UTF-8, or has fewer than 20 such poems.
LanguageTexts regular_poems(const std::string& source);

/// Whether the poem has an even number of lines, 4 at least, all of five characters or all of seven: lines
/// end with ， 。 ？ ！ ； or a line break.
bool is_regular_poem(const std::string& poem);

/// The folder with the texts that have one of these names: in the present folder, in $LAMINA_DATA, then in
/// /usr/share/datasets. Throws FileError where there is none.
/// @param how_to_get  what the message advises: "fetch them by ..."
std::string find_language_texts(const std::vector<std::string>& names, const std::string& how_to_get);

}  // namespace lamina
