# Builds the core rooms without a C library, three times: for this machine and linked with a program
# that has its own _start, for 32 bits, and for wasm32. Driven by check-freestanding.
#   make -f freestanding.mk ROOT=source SCRATCH=objects PROGRAM=handshake.c

CORE := $(shell awk -F '\t' '$$2 == "core" { print $$1 }' $(ROOT)/scripts/rooms.tsv)
SOURCES := $(sort $(foreach room,$(CORE),$(shell find $(ROOT)/src/$(room) -name '*.c' 2>/dev/null)))
NAMES := $(SOURCES:$(ROOT)/src/%.c=%)

FLAGS := -std=c17 -ffreestanding -fno-stack-protector -Wall -Wextra -Werror -MMD -MP \
	-I$(ROOT)/include -I$(ROOT)/src
# -nostdinc with the compiler's own folder: a header of the C library is not even found.
GCC := gcc -O2 -nostdinc -isystem $(shell gcc -print-file-name=include) $(FLAGS)
GCC32 := gcc -m32 -O1 -nostdinc -isystem $(shell gcc -print-file-name=include) $(FLAGS)
WASM := clang-19 --target=wasm32 -O1 -nostdinc -isystem $(shell clang-19 -print-resource-dir)/include $(FLAGS)

all: $(SCRATCH)/program $(NAMES:%=$(SCRATCH)/m32/%.o) $(NAMES:%=$(SCRATCH)/wasm32/%.o)

$(SCRATCH)/host/%.o: $(ROOT)/src/%.c
	@mkdir -p $(@D)
	@$(GCC) -c $< -o $@

$(SCRATCH)/m32/%.o: $(ROOT)/src/%.c
	@mkdir -p $(@D)
	@$(GCC32) -c $< -o $@

$(SCRATCH)/wasm32/%.o: $(ROOT)/src/%.c
	@mkdir -p $(@D)
	@$(WASM) -c $< -o $@

$(SCRATCH)/program: $(PROGRAM) $(NAMES:%=$(SCRATCH)/host/%.o)
	@$(GCC) -nostdlib -static -no-pie -o $@ $^

-include $(shell find $(SCRATCH) -name '*.d' 2>/dev/null)
