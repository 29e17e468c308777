/*
 * zone_files: the zone files of a node's DNS server, read beside the network file that names them;
 * what they include lies in their own folder or below it, symbolic links followed.
 */
#ifndef LAB_ZONE_FILES_H
#define LAB_ZONE_FILES_H

#include <dobos/dns.h>

#include "lab/network.h"

struct zone_files {
    struct dobos_dns_files calls; /* for dobos_dns_config.files; its context is this */
    const char *folder;           /* path of the network file; borrowed */
    struct lab_error why;         /* the last file that could not be read */
};

void zone_files_init(struct zone_files *files, const char *folder);
/* Sets *error to "FILE:line:column: what was expected" for a fault in a zone file; returns false.
 * `at` is where the network file names the zone's file. */
bool zone_files_refuse(const struct zone_files *files, const struct dobos_dns_fault *fault,
                       const struct yaml_document *document, const struct yaml_node *at,
                       struct lab_error *error);

#endif
