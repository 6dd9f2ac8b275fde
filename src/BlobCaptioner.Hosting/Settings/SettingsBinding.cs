using System.Reflection;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>A setting is missing or wrong. The message names it, its value and the way out; a host prints it and ends, without a stack trace.</summary>
public sealed class SettingsException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Binds sections of settings to options. Beyond the binder's own errors it names settings as users write them, and says what each takes.</summary>
public static class SettingsBinding
{
    /// <summary>Checks all options now, as the host does when it starts; so the host can end without a stack trace.</summary>
    /// <exception cref="SettingsException">Settings are missing or wrong; the message has a line for each.</exception>
    public static void CheckSettings(this IServiceProvider services)
    {
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
        }
        catch (OptionsValidationException error)
        {
            throw new SettingsException(string.Join('\n', error.Failures), error);
        }
        catch (AggregateException errors) when (errors.InnerExceptions.All(e => e is OptionsValidationException))
        {
            throw new SettingsException(string.Join('\n', errors.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures)), errors);
        }
    }

    /// <summary>A setting's key as an environment variable: <c>Images:MaxMegapixels</c> is <c>Images__MaxMegapixels</c>.</summary>
    public static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Registers a section as options that are checked when the host starts, and as <typeparamref name="T"/> itself. May be repeated.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="section">The section's key.</param>
    /// <param name="check">Checks what attributes can't express; throws <see cref="SettingsException"/>. Called only with options that follow the rules.</param>
    internal static IServiceCollection AddSettings<T, TRules>(
        this IServiceCollection services, IConfiguration configuration, string section, Action<T>? check = null)
        where T : class
        where TRules : IValidateOptions<T>, new()
    {
        if (services.Any(s => s.ServiceType == typeof(T)))
        {
            return services;
        }

        var values = configuration.GetSection(section);
        services.AddOptions<T>().Configure(options => Bind(values, options)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new SectionRules<T>(new TRules(), section, check));
        return services.AddSingleton(provider => provider.GetRequiredService<IOptions<T>>().Value);
    }

    /// <summary>Reads a section at once, for what decides on registrations.</summary>
    /// <exception cref="SettingsException">A setting is unknown, of the wrong type or out of its range.</exception>
    internal static T Read<T, TRules>(IConfiguration configuration, string section)
        where T : class, new()
        where TRules : IValidateOptions<T>, new()
    {
        var options = new T();
        try
        {
            Bind(configuration.GetSection(section), options);
        }
        catch (OptionsValidationException error)
        {
            throw new SettingsException(string.Join('\n', error.Failures), error);
        }

        var result = new SectionRules<T>(new TRules(), section, check: null).Validate(name: null, options);
        return result.Succeeded ? options : throw new SettingsException(string.Join('\n', result.Failures!));
    }

    // The binder itself skips keys of properties that have no public setter.
    private static void Bind<T>(IConfigurationSection values, T options)
        where T : class
    {
        string[] problems = [.. Unknown(typeof(T), values), .. Unreadable(typeof(T), values)];
        if (problems.Length > 0)
        {
            throw new OptionsValidationException(values.Path, typeof(T), problems);
        }

        // Without a value of the section's own name: an environment variable 'Images' is somebody else's.
        new ConfigurationBuilder().AddInMemoryCollection(values.AsEnumerable(makePathsRelative: true)).Build().Bind(options);
    }

    private static IEnumerable<PropertyInfo> Settable(Type options) => options.GetProperties().Where(p => p.SetMethod is { IsPublic: true });

    private static IEnumerable<string> Unknown(Type options, IConfigurationSection values)
    {
        var known = Settable(options).Select(p => p.Name).ToArray();
        return from value in values.GetChildren()
               where !known.Contains(value.Key, StringComparer.OrdinalIgnoreCase)
               select $"'{Variable(value.Path)}' is not a setting. '{values.Path}' has: {string.Join(", ", known.Select(k => Variable($"{values.Path}:{k}")))}.";
    }

    private static IEnumerable<string> Unreadable(Type options, IConfigurationSection values) =>
        from property in Settable(options)
        let value = values.GetSection(property.Name)
        where !IsReadable(value, property.PropertyType)
        select $"'{Variable(value.Path)}' is '{value.Value}'. It takes {Kind(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)}.";

    private static bool IsReadable(IConfigurationSection value, Type type)
    {
        try
        {
            value.Get(type);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Kind(Type type) => type switch
    {
        _ when type == typeof(TimeSpan) => "a time as hh:mm:ss, for example 00:00:30",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(decimal) => "an amount such as 12.50",
        _ when type == typeof(Uri) => "an address like https://example.com/",
        { IsEnum: true } => string.Join(" or ", Enum.GetNames(type)),
        _ => $"a {type.Name}",
    };

    private sealed class SectionRules<T>(IValidateOptions<T> rules, string section, Action<T>? check) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var problems = rules.Problems(options, property => Variable($"{section}:{property}"));
            if (problems.Count > 0)
            {
                return ValidateOptionsResult.Fail(problems);
            }

            try
            {
                check?.Invoke(options);
                return ValidateOptionsResult.Success;
            }
            catch (SettingsException error)
            {
                return ValidateOptionsResult.Fail(error.Message);
            }
        }
    }
}
