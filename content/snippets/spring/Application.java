package application;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.servlet.config.annotation.PathMatchConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Serves the controller of every code below the code's own path. */
@SpringBootApplication
public class Application implements WebMvcConfigurer {

    private static final Map<String, Class<?>> CODES = new LinkedHashMap<>();

    static {
        //each-snippet CODES.put("/{code}", {module}.DemoApplication.class);
    }

    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(Application.class);
        application.addInitializers(context -> CODES.forEach(
            (path, type) -> ((GenericApplicationContext) context).registerBean(path, type)));
        application.run(args);
    }

    @Override
    public void configurePathMatch(PathMatchConfigurer paths) {
        CODES.forEach((path, type) -> paths.addPathPrefix(path, each -> each == type));
    }
}
