/* routes_load: a file of routes, read into a host; see routes_file.h. The whole file is read before
 * the first route is added, so a fault in its form leaves the host as it was. */
#include <stdlib.h>

#include "lab/routes_file.h"
#include "lab/text_file.h"
#include "lab/yaml.h"

/* What the host's refusal of a route means for who wrote the file. */
static const char *expectation(int result) {
    if (result == -DOBOS_EEXIST)
        return "expected each route only once at a node: this one is there already";
    if (result == -DOBOS_ENOMEM)
        return "no memory for so many routes";
    return "expected a gateway within a subnet of this node's addresses, not its own nor the "
           "subnet's broadcast address";
}

/* A route on its way from the file. */
struct waiting {
    uint32_t number; /* the prefix */
    uint32_t via;    /* the next hop */
    uint32_t line;   /* where it stands */
    uint8_t length;  /* of the prefix */
};

struct waitings {
    struct waiting *table; /* owned */
    size_t count, room;    /* used, allocated */
};

static bool waiting_add(struct waitings *all, const struct waiting *waiting) {
    if (all->count == all->room) {
        const size_t room = all->room ? 2 * all->room : 1024;
        struct waiting *larger = realloc(all->table, room * sizeof *larger);
        if (!larger)
            return false;
        all->table = larger;
        all->room = room;
    }
    all->table[all->count++] = *waiting;
    return true;
}

/* The byte of a route's place in the order that a turn of the sort looks at, the last one first. */
static unsigned sort_byte(const struct waiting *waiting, unsigned turn) {
    return turn == 0 ? waiting->length : waiting->number >> (8 * (turn - 1)) & 0xff;
}

/* Sorts by prefix, those of one prefix as they stand in the file: neighbours in the table are
 * then added one after the other, while their part of it is in the processor's cache. */
static bool sort(struct waitings *all) {
    struct waiting *other = malloc((all->count + 1) * sizeof *other);
    struct waiting *from = all->table, *to = other;
    if (!other)
        return false;
    for (unsigned turn = 0; turn < 5; turn++) {
        size_t places[257] = {0};
        for (size_t i = 0; i < all->count; i++)
            places[sort_byte(&from[i], turn) + 1]++;
        for (size_t i = 1; i < 257; i++)
            places[i] += places[i - 1];
        for (size_t i = 0; i < all->count; i++)
            to[places[sort_byte(&from[i], turn)]++] = from[i];
        struct waiting *swapped = from;
        from = to;
        to = swapped;
    }
    free(to);
    all->table = from;
    return true;
}

static bool read_all(struct routes_file *file, struct waitings *all, struct lab_error *error) {
    struct routes_file_entry entry;
    enum routes_file_result result;
    while ((result = routes_file_next(file, &entry, error)) == ROUTES_FILE_ENTRY) {
        const struct waiting waiting = {.number = dobos_address_ipv4_number(&entry.to.address),
                                        .via = dobos_address_ipv4_number(&entry.via),
                                        .line = file->line,
                                        .length = entry.to.length};
        if (!waiting_add(all, &waiting))
            return yaml_refuse_file(file->name, error, "no memory for so many routes");
    }
    if (result == ROUTES_FILE_END && all->count > 0 && !sort(all))
        return yaml_refuse_file(file->name, error, "no memory for so many routes");
    return result == ROUTES_FILE_END;
}

static bool add_all(struct dobos_host *host, const struct routes_file *file,
                    const struct waitings *all, struct lab_error *error) {
    for (size_t i = 0; i < all->count; i++) {
        const struct waiting *waiting = &all->table[i];
        const struct routes_file_entry entry = {
            .to = {dobos_address_ipv4(waiting->number), waiting->length},
            .via = dobos_address_ipv4(waiting->via)};
        const struct dobos_route route = {.destination = entry.to,
                                          .gateway = entry.via,
                                          .source = dobos_address_ipv4(0),
                                          .origin = DOBOS_ORIGIN_STATIC};
        const int added = waiting->via ? dobos_route_add(host, &route) : -DOBOS_EINVAL;
        if (added < 0)
            return routes_file_refuse(file, waiting->line, &entry, error, expectation(added));
    }
    return true;
}

enum routes_load_result routes_file_load(struct dobos_host *host, const char *name,
                                         const char *folder, struct lab_error *error) {
    char path[TEXT_FILE_PATH];
    size_t length = 0;
    char *text = text_file_read(name, folder, ROUTES_FILE_BYTES, path, &length, error);
    if (!text)
        return ROUTES_UNREAD;
    struct routes_file file;
    routes_file_begin(&file, path, text, length);
    struct waitings all = {0};
    const bool is_good = read_all(&file, &all, error) && add_all(host, &file, &all, error);
    free(all.table);
    free(text);
    return is_good ? ROUTES_LOADED : ROUTES_FAULT;
}
