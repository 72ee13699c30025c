# nginx.conf for a machine of Debian's, in front of one process that has the broker, too:
#   sed -f deploy/nginx/one-machine.sed deploy/nginx/nginx.conf > nginx.conf
1,2c\
# In front of a whole pizzeria on this machine. Made of deploy/nginx/nginx.conf.
/server gateway-2:5000/d
s/gateway-1:5000/127.0.0.1:5000/
s/mosquitto:9001/127.0.0.1:5000/
s/\(listen \|\]:\)8080/\180/
s/\(listen \|\]:\)8443/\1443/
s|/etc/nginx/tls/|/etc/pizza/|
# Where its unit looks, and what a daemon can write to.
s|/tmp/nginx.pid|/run/nginx.pid|
s|error_log stderr|error_log /var/log/nginx/error.log|
s|access_log /dev/stdout|access_log /var/log/nginx/access.log|
