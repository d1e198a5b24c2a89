package kaquan;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.engine.descriptor.MethodBasedTestDescriptor;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the tests on JUnit and tells the results in TAP. The environment says what to drive; ../../../README.md lists
 * the variables.
 */
public final class Main implements TestExecutionListener {
    private static final List<Class<?>> TESTS = List.of(TokenTest.class, CardTest.class, CodeTest.class,
            MemberTest.class, FormTest.class, StoreTest.class, DistributionTest.class,
            AnnouncementTest.class, GeneralCardTest.class);

    // Names are Chinese in places, whatever the machine's own encoding is.
    private final PrintStream out =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private TestPlan plan;
    private int number;
    private boolean failed;

    public static void main(String[] args) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(TESTS.stream().map(DiscoverySelectors::selectClass).toList())
                .filters(only(System.getenv().getOrDefault("KAQUAN_ONLY", "")))
                .configurationParameter("junit.jupiter.displayname.generator.default", DISPLAY_NAMES)
                .build();
        Main results = new Main();
        LauncherFactory.create().execute(request, results);
        System.exit(results.failed ? 1 : 0);
    }

    private static final String DISPLAY_NAMES = "org.junit.jupiter.api.DisplayNameGenerator$ReplaceUnderscores";

    private static PostDiscoveryFilter only(String part) {
        String wanted = part.toLowerCase(Locale.ROOT).replace('_', ' ');
        return test -> FilterResult.includedIf(!(test instanceof MethodBasedTestDescriptor)
                || nameOf(test.getParent().orElseThrow().getDisplayName(), test.getDisplayName())
                        .toLowerCase(Locale.ROOT).contains(wanted));
    }

    private static String nameOf(String about, String test) {
        return about + ": " + test.replace("()", "");
    }

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        this.plan = plan;
        out.println("1.." + plan.countTestIdentifiers(TestIdentifier::isTest));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean ok = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        failed |= !ok;
        if (test.isTest()) {
            number += 1;
            String about = plan.getParent(test).map(TestIdentifier::getDisplayName).orElse("");
            out.printf("%s %d - %s%n", ok ? "ok" : "not ok", number, nameOf(about, test.getDisplayName()));
        }
        result.getThrowable().ifPresent(this::explain);
    }

    /** Why a test failed: the error, then the way through the suite's own files. */
    private void explain(Throwable error) {
        error.toString().lines().forEach(line -> out.println("  # " + line));
        Arrays.stream(error.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("kaquan."))
                .forEach(frame -> out.println("  #   " + frame));
    }
}
