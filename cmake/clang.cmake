# The newest clang of those installed, from 16 on.
find_program(CMAKE_CXX_COMPILER NAMES clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16
                                      clang++ REQUIRED)
find_program(CMAKE_C_COMPILER NAMES clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang REQUIRED)
