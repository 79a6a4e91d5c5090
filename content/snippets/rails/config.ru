# An application as "rails new --api" makes it, with the controller of every code below the code's own path.
require "json"
require "action_controller/railtie"

class ApplicationController < ActionController::API
end

CODES = JSON.parse(File.read(File.join(__dir__, "codes.json"))).values.map do |each|
  name = each["module"].split("_").map(&:capitalize).join
  Object.const_set(name, Module.new)
  load File.join(__dir__, each["module"], "endpoint_controller.rb"), Object.const_get(name)
  [each["path"], "#{name}::EndpointController"]
end

class Statuses < Rails::Application
  config.root = __dir__
  config.api_only = true
  config.eager_load = false
  config.hosts.clear
  config.secret_key_base = "nothing here is secret"
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  config.consider_all_requests_local = false
end

Statuses.initialize!
Statuses.routes.draw do
  CODES.each { |path, controller| get path, to: controller.constantize.action(:show) }
end

run Statuses
