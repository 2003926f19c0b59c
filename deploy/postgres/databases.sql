-- A database and a user for each service; nobody gets into another's. Run once by the image, on an empty volume.
-- psql reads the passwords from its environment; without one of them the script fails here, and nothing starts.

\set ON_ERROR_STOP on
\getenv gateway_password GATEWAY_DATABASE_PASSWORD
\getenv alias_password ALIAS_DATABASE_PASSWORD
\getenv policy_password POLICY_DATABASE_PASSWORD
\getenv delivery_password DELIVERY_DATABASE_PASSWORD
\getenv metrics_password METRICS_DATABASE_PASSWORD

CREATE ROLE tramite_gateway LOGIN PASSWORD :'gateway_password';
CREATE ROLE tramite_alias LOGIN PASSWORD :'alias_password';
CREATE ROLE tramite_policy LOGIN PASSWORD :'policy_password';
CREATE ROLE tramite_delivery LOGIN PASSWORD :'delivery_password';
CREATE ROLE tramite_metrics LOGIN PASSWORD :'metrics_password';

-- Order by bytes, as in SQLite; upper and lower case as in Unicode.
CREATE DATABASE tramite_gateway OWNER tramite_gateway TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE tramite_alias OWNER tramite_alias TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE tramite_policy OWNER tramite_policy TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE tramite_delivery OWNER tramite_delivery TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE tramite_metrics OWNER tramite_metrics TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';

REVOKE ALL ON DATABASE tramite_gateway, tramite_alias, tramite_policy, tramite_delivery, tramite_metrics FROM PUBLIC;
