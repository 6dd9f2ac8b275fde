using System.ClientModel;
using System.ClientModel.Primitives;
using System.ComponentModel.DataAnnotations;
using Azure.Identity;
using OpenAI;
using Polly;
using Polly.Retry;

namespace BlobCaptioner.Remote;

/// <summary>Makes the OpenAI client for a server: address, sign-in, without its retries and timeouts.</summary>
internal static class ServerClient
{
    // The client requires a key; a server without keys ignores it.
    private const string NoKey = "none";

    // Far beyond any caption with log probabilities. A server that sends without end is cut off here.
    internal const int MostAnswerBytes = 8_000_000;

    /// <summary>The connections to the server; the caller's to dispose.</summary>
    public static HttpClient CreateHttp() => new(new AnswerLimitHandler(MostAnswerBytes)
    {
        InnerHandler = new SocketsHttpHandler
        {
            // A redirect would send picture and prompt to a host that nobody configured. ServerErrors says where it leads.
            AllowAutoRedirect = false,

            // Follows changes of the server's DNS entry (Kubernetes, Azure).
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The client.</summary>
    /// <exception cref="ValidationException">The key's variable or file is missing or empty.</exception>
    public static OpenAIClient Create(RemoteModelOptions options, HttpClient http)
    {
        var client = new OpenAIClientOptions
        {
            Endpoint = options.BaseAddress,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Transport = new HttpClientPipelineTransport(http),
        };
        if (!options.UseManagedIdentity)
        {
            return new(new ApiKeyCredential(ReadKey(options) ?? NoKey), client);
        }

        var identity = options.ManagedIdentityClientId is { Length: > 0 } id
            ? new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = id })
            : new DefaultAzureCredential();

#pragma warning disable OPENAI001 // The only way to sign in by identity; Microsoft's documentation for Azure OpenAI's v1 address uses it.
        return new(new BearerTokenPolicy(identity, options.TokenScope), client);
#pragma warning restore OPENAI001
    }

    private static string? ReadKey(RemoteModelOptions options)
    {
        if (options.ApiKeyEnvironment is { Length: > 0 } variable)
        {
            return Environment.GetEnvironmentVariable(variable)?.Trim() is { Length: > 0 } fromVariable
                ? fromVariable
                : throw new ValidationException($"{RemoteModelOptions.Section}:ApiKeyEnvironment names '{variable}', which is not set. Export it, or drop the setting for a server without keys.");
        }

        if (options.ApiKeyFile is { Length: > 0 } file)
        {
            try
            {
                return File.ReadAllText(file).Trim() is { Length: > 0 } fromFile
                    ? fromFile
                    : throw new ValidationException($"{RemoteModelOptions.Section}:ApiKeyFile '{file}' is empty. Write the key into it.");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new ValidationException($"{RemoteModelOptions.Section}:ApiKeyFile '{file}' can't be read: {error.Message}", error);
            }
        }

        return string.IsNullOrEmpty(options.ApiKey) ? null : options.ApiKey;
    }

    /// <summary>Reads each answer whole, up to a size.</summary>
    private sealed class AnswerLimitHandler(long mostBytes) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(mostBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}

/// <summary>Retries transient failures: exponential backoff with jitter, or as long as Retry-After asks; each try has its timeout.</summary>
internal static class ServerRetry
{
    /// <summary>Makes the pipeline.</summary>
    /// <param name="options">Tries, waits and the timeout.</param>
    /// <param name="time">Waits by it.</param>
    /// <param name="onRetry">Called before each wait with the fault, the wait, and the number of the retry, from 1.</param>
    /// <param name="longest">Longest time for all of it; null for no limit. A fault that asks for a longer wait is not retried.</param>
    public static ResiliencePipeline Create(RemoteModelOptions options, TimeProvider time, Action<ServerFault, TimeSpan, int> onRetry, TimeSpan? longest = null)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (longest is { } all)
        {
            builder.AddTimeout(all);
        }

        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = args => ValueTask.FromResult(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow()) is { IsTransient: true } fault
                    && !(fault.RetryAfter > longest)),
                DelayGenerator = args => ValueTask.FromResult(Wait(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow())?.RetryAfter, options)),
                OnRetry = args =>
                {
                    onRetry(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow())!, args.RetryDelay, args.AttemptNumber + 1);
                    return default;
                },
            });
        }

        return builder.AddTimeout(options.Timeout).Build();
    }

    /// <summary>Adds up to a tenth at random, so that clients that were refused together don't return together. Null leaves the wait to the backoff.</summary>
    private static TimeSpan? Wait(TimeSpan? asked, RemoteModelOptions options)
    {
        if (asked is not { } wait)
        {
            return null;
        }

#pragma warning disable CA5394 // Jitter needs no secrecy.
        return (wait < options.MaxRetryAfter ? wait : options.MaxRetryAfter) * (1 + (0.1 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
