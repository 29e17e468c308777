/* dns_service: what the files of the DNS service share. */
#ifndef SERVICES_DNS_SERVICE_H
#define SERVICES_DNS_SERVICE_H

#include "services/dns_engine.h"
#include "services/service.h"

/* The engine of a "dns" service; NULL: it is another. */
struct dns_engine *dns_service_engine(const struct dobos_service *service);

#endif
