# Sets `result` to whether the thing of that name falls to `share` (0, 1, ...) of `shares`. The hash of its name decides, so
# that others stay where they are when one is added.
function(lamina_dealt name share shares result)
  string(SHA1 dealt ${name})
  string(SUBSTRING ${dealt} 0 7 dealt)
  math(EXPR dealt "0x${dealt} % ${shares}")
  if(dealt EQUAL share)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()
