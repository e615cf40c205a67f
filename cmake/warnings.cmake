set(ZWASM_WARNINGS -Wall -Wextra -Wconversion -Wno-sign-conversion)
if(ZWASM_WERROR)
  list(APPEND ZWASM_WARNINGS -Werror)
endif()
