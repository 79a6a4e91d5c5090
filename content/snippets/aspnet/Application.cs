// Serves the route of every code below the code's own path.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var application = builder.Build();
//each-snippet {module}.Endpoint.Map(application.MapGroup("/{code}"));
application.Run();
