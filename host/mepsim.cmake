add_executable(mepsim
  mepsim.c
  mepsim_options.c
  mepsim_pty.c
  mepsim_tcp.c
  mepsim_truth.c
)
target_compile_definitions(mepsim PRIVATE _GNU_SOURCE)
target_link_libraries(mepsim PRIVATE sim PkgConfig::UV)
