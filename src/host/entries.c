/*
 * entries: names that a host knows by itself, as others have them from /etc/hosts (RFC 952 was such
 * a table; RFC 1123 §6.1.3.8 lets it stand beside DNS). A short list in the order it was written:
 * who looks a name up walks it.
 */
#include "host/names.h"
#include "wire/host_name.h"

#define ENTRIES_FIRST 8

static bool is_one_host(const struct dobos_address *address) {
    return !dobos_address_is_unspecified(address) && !dobos_address_is_multicast(address) &&
           !(dobos_address_is_ipv4(address) && dobos_address_ipv4_number(address) == UINT32_MAX);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Whether they are one name; `name` is so long. */
static bool is_same_name(const char *entry, const char *name, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (lower(entry[i]) != lower(name[i]))
            return false;
    return entry[length] == '\0';
}

/* Room for one more. */
static bool room_make(struct dobos_host *host) {
    if (host->entry_count < host->entry_room)
        return true;
    uint32_t room = host->entry_room ? 2 * host->entry_room : ENTRIES_FIRST;
    struct dobos_host_entry *entries =
        allocator_allocate(host->allocator, room * sizeof(*entries), "host entries");
    if (!entries)
        return false;
    if (host->entries) {
        memcpy(entries, host->entries, host->entry_count * sizeof(*entries));
        allocator_release(host->allocator, host->entries, host->entry_room * sizeof(*entries));
    }
    host->entries = entries;
    host->entry_room = room;
    return true;
}

int dobos_host_entry_add(struct dobos_host *host, const struct dobos_host_entry *entry) {
    size_t length = host_name_measure(entry->name);
    if (length == 0 || !is_one_host(&entry->address))
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < host->entry_count; i++)
        if (dobos_address_is_equal(&host->entries[i].address, &entry->address) &&
            is_same_name(host->entries[i].name, entry->name, length))
            return -DOBOS_EEXIST;
    if (host->entry_count == DOBOS_HOST_ENTRIES || !room_make(host))
        return -DOBOS_ENOMEM;
    char *name = allocator_allocate(host->allocator, length + 1, "host entry");
    if (!name)
        return -DOBOS_ENOMEM;
    memcpy(name, entry->name, length);
    name[length] = '\0';
    host->entries[host->entry_count++] =
        (struct dobos_host_entry){.address = entry->address, .name = name};
    return 0;
}

int dobos_host_entry_read(const struct dobos_host *host, uint32_t nth,
                          struct dobos_host_entry *entry) {
    if (nth >= host->entry_count)
        return -DOBOS_ENOENT;
    *entry = host->entries[nth];
    return 0;
}

void entries_fini(struct dobos_host *host) {
    for (uint32_t i = 0; i < host->entry_count; i++) {
        char *name = (char *)(uintptr_t)host->entries[i].name;
        allocator_release(host->allocator, name, text_length(name) + 1);
    }
    if (host->entries)
        allocator_release(host->allocator, host->entries,
                          host->entry_room * sizeof(*host->entries));
}
