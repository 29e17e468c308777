/*
 * dns_recall: answers from the cache of what other servers said. What it lacks it names, so that
 * somebody else can ask; it asks nobody itself.
 */
#ifndef SERVICES_DNS_RECALL_H
#define SERVICES_DNS_RECALL_H

#include "services/dns_answering.h"

/* One name; true: an alias was written, and leads on to *name. False: the answer is written, or
 * answering->source->need says what it takes. */
bool dns_recall_answer(struct dns_answering *answering, struct dns_name *name);

#endif
