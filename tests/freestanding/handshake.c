/* A program without a C library: libdobos, the four memory functions that a compiler may call, and
 * a start of its own. Two hosts on a cable shake hands by TCP, say something to each other and
 * part. It exits 0 when all went well, and with the number of the step that failed.
 *
 * Only for x86-64 Linux: the start and the exit are written for it. */
#include <stddef.h>
#include <stdint.h>

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void program(void);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    return memmove(to, from, bytes);
}

/* The volatile bytes keep the compiler from turning a loop into a call of the function it is in. */
void *memmove(void *to, const void *from, size_t bytes) {
    volatile uint8_t *out = to;
    const volatile uint8_t *in = from;
    if ((uintptr_t)to <= (uintptr_t)from) {
        for (size_t i = 0; i < bytes; i++) {
            out[i] = in[i];
        }
    } else {
        for (size_t i = bytes; i > 0; i--) {
            out[i - 1] = in[i - 1];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    volatile uint8_t *out = to;
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    for (size_t i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

/* The system call exit_group. */
_Noreturn static void leave(int status) {
    for (;;) {
        __asm__ volatile("syscall" : : "a"(231), "D"(status) : "rcx", "r11", "memory");
    }
}

/* Where the hosts' memory comes from: an arena that is only counted, never reused. */
struct arena {
    size_t used;     /* bytes given out */
    size_t released; /* bytes that came back */
};

static _Alignas(16) uint8_t memory[32 << 20];

static void *allocate(void *context, size_t bytes, const char *site) {
    struct arena *arena = context;
    (void)site;
    const size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded > sizeof memory - arena->used) {
        return NULL;
    }
    arena->used += rounded;
    return memory + arena->used - rounded;
}

static void release(void *context, void *bytes, size_t length) {
    struct arena *arena = context;
    (void)bytes;
    arena->released += (length + 15) & ~(size_t)15;
}

/* Two hosts and the ends of the connection between them. */
struct pair {
    dobos_time now;                  /* virtual time */
    struct dobos_host *hosts[2];     /* 10.0.0.1 and 10.0.0.2, each with the interface 2 */
    struct dobos_socket *listener;   /* at host 1 */
    struct dobos_socket *sockets[2]; /* the connection's ends, one a host */
};

static int make_host(struct dobos_pool *pool, struct pair *pair, uint8_t number) {
    const struct dobos_host_config config = {.size = sizeof config, .key = {(uint8_t)(number + 1)}};
    const struct dobos_interface_config interface = {
        .size = sizeof interface,
        .name = "eth0",
        .mac = {{2, 0, 0, 0, 0, (uint8_t)(number + 1)}},
    };
    const struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(UINT32_C(0x0a000001) + number), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    if (dobos_host_create(pool, &config, pair->now, &pair->hosts[number]) != 0 ||
        dobos_interface_add(pair->hosts[number], &interface) != 2) {
        return -1;
    }
    return dobos_address_add(pair->hosts[number], 2, &address);
}

/* Carries frames both ways and fires timers for that many milliseconds. */
static void pass(struct pair *pair, unsigned milliseconds) {
    struct dobos_packet *packets[8];
    for (unsigned i = 0; i < milliseconds; i++) {
        pair->now += DOBOS_MILLISECOND;
        for (unsigned from = 0; from < 2; from++) {
            dobos_advance(pair->hosts[from], pair->now);
            const unsigned count = dobos_output(pair->hosts[from], 2, packets, 8, pair->now);
            dobos_input(pair->hosts[1 - from], 2, packets, count, pair->now);
        }
    }
}

static int shake_hands(struct pair *pair) {
    const struct dobos_endpoint any = {dobos_address_ipv4(0), 7, 0};
    const struct dobos_endpoint peer = {dobos_address_ipv4(UINT32_C(0x0a000002)), 7, 0};
    if (dobos_socket_create(pair->hosts[1], DOBOS_TCP, NULL, &pair->listener) != 0 ||
        dobos_bind(pair->listener, &any) != 0 || dobos_listen(pair->listener, 1) != 0 ||
        dobos_socket_create(pair->hosts[0], DOBOS_TCP, NULL, &pair->sockets[0]) != 0 ||
        dobos_connect(pair->sockets[0], &peer) != -DOBOS_EINPROGRESS) {
        return -1;
    }
    pass(pair, 10);
    return dobos_accept(pair->listener, &pair->sockets[1], NULL);
}

/* Sends a word from one end and reads it at the other. */
static int say(struct pair *pair, unsigned from) {
    static const char word[] = "dobos";
    char heard[sizeof word] = "";
    if (dobos_send(pair->sockets[from], word, sizeof word) != (int64_t)sizeof word) {
        return -1;
    }
    pass(pair, 10);
    if (dobos_receive(pair->sockets[1 - from], heard, sizeof heard) != (int64_t)sizeof heard) {
        return -1;
    }
    return memcmp(heard, word, sizeof word);
}

/* Both ends close; each must hear the other's end of stream first. */
static int part(struct pair *pair) {
    char byte;
    if (dobos_shutdown(pair->sockets[0], DOBOS_SHUTDOWN_SEND) != 0) {
        return -1;
    }
    pass(pair, 10);
    if (dobos_receive(pair->sockets[1], &byte, 1) != 0) {
        return -1;
    }
    dobos_close(pair->sockets[1]);
    pass(pair, 10);
    if (dobos_receive(pair->sockets[0], &byte, 1) != 0) {
        return -1;
    }
    dobos_close(pair->sockets[0]);
    dobos_close(pair->listener);
    return 0;
}

static int run(void) {
    struct arena arena = {0, 0};
    const struct dobos_allocator allocator = {&arena, allocate, release};
    const struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    struct pair pair = {.now = 0};
    struct dobos_pool *pool;
    if (dobos_pool_create(&config, &pool) != 0) {
        return 1;
    }
    if (make_host(pool, &pair, 0) != 0 || make_host(pool, &pair, 1) != 0) {
        return 2;
    }
    if (shake_hands(&pair) != 0) {
        return 3;
    }
    if (say(&pair, 0) != 0 || say(&pair, 1) != 0) {
        return 4;
    }
    if (part(&pair) != 0) {
        return 5;
    }
    dobos_host_destroy(pair.hosts[0]);
    dobos_host_destroy(pair.hosts[1]);
    dobos_pool_destroy(pool);
    return arena.used == arena.released ? 0 : 6;
}

void program(void) {
    leave(run());
}

/* The kernel enters with an aligned stack and no return address; a call makes both as the ABI has
 * it. */
__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    call program\n");
