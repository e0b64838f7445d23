# Prints how large the image is; one beyond the limit is an error. An update must fit
# beside the running one in 4 MB, with room to grow.
#   cmake -D IMAGE=build/meplink.bin -P image_size.cmake
set(limit 1363148) # 1.3 MB

file(SIZE ${IMAGE} size)
math(EXPR percent "${size} * 100 / ${limit}")
get_filename_component(name ${IMAGE} NAME)
if(size GREATER limit)
  message(FATAL_ERROR "${name} has ${size} bytes; ${limit} are allowed")
endif()
message(STATUS "${name}: ${size} bytes, ${percent} % of the ${limit} that are allowed")
